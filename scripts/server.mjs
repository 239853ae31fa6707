// The release on a free port of loopback, for a script that measures it.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** A port that is free now. Another process may still take it; the server then says so in its log. */
async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Starts the release binary, with its data in target/`name`, and waits until it answers. */
async function startServer(name) {
  const folder = join(root, 'target', name);
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  // The script ends in `exec`, so the child's id is the server's own.
  const child = spawn(join(root, 'scripts', 'scratch-server.sh'), [String(port), folder], { stdio: 'inherit' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const deadline = Date.now() + 30_000;
  while (true) {
    try {
      await fetch(base + '/login');
      return { base, child, ended };
    } catch {
      const gone = await Promise.race([ended.then(() => true), pause(50).then(() => false)]);
      if (gone || Date.now() > deadline) {
        child.kill('SIGKILL');
        const log = readFileSync(join(folder, 'server.log'), 'utf8').trimEnd().split('\n').slice(-20).join('\n');
        throw new Error(`The server ${gone ? 'ended' : 'did not answer within 30 s'}. The end of its log:\n${log}`);
      }
    }
  }
}

async function stopServer({ child, ended }) {
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(killer);
}

/** What `work` gives for the address of a server that runs meanwhile. */
export async function withServer(name, work) {
  const server = await startServer(name);
  try {
    return await work(server.base);
  } finally {
    await stopServer(server);
  }
}
