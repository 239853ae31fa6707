// node scripts/start-time.mjs: how long target/dist/latchkey takes from its start to its first page, and what memory it then holds.
// The first start of a folder makes keys and database, so it is told apart from the later ones. A port is taken by the server itself.

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LATER = 20;
const binary = join(import.meta.dirname, '..', 'target', 'dist', 'latchkey');

/** Milliseconds until the sign-in page was there, and resident memory in bytes (Linux). */
async function once(folder) {
  const begin = performance.now();
  const child = spawn('./latchkey', ['--listen', '127.0.0.1:0'], { cwd: folder, env: {}, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const line = await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended]);
  const url = /http:\S+/.exec(String(line))?.[0];
  if (!url) throw new Error(`the server did not start: ${line}`);
  const answer = await fetch(`${url}/login`);
  await answer.text();
  const time = performance.now() - begin;
  let memory = NaN;
  try {
    memory = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024;
  } catch {
    // Not Linux.
  }
  child.kill('SIGTERM');
  await ended;
  return { time, memory };
}

const folder = mkdtempSync(join(tmpdir(), 'latchkey-start-'));
try {
  cpSync(binary, join(folder, 'latchkey'));
  const first = await once(folder);
  const later = [];
  for (let run = 0; run < LATER; run += 1) later.push(await once(folder));
  later.sort((one, other) => one.time - other.time);
  const { time, memory } = later[LATER / 2];
  const mebibytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  console.log(`size of the binary       ${mebibytes(statSync(binary).size)}`);
  console.log(`first start in a folder  ${first.time.toFixed(0)} ms to the first page`);
  console.log(`later starts             ${time.toFixed(0)} ms (median of ${LATER}; ${later[0].time.toFixed(0)} to ${later[LATER - 1].time.toFixed(0)})`);
  console.log(`memory after that page   ${mebibytes(memory)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
