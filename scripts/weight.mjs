// node scripts/weight.mjs: what a first visit to /login, /register and /profile loads, in bytes as they are, after gzip -9 and after
// brotli 11. Fails when a page passes its limit, when it loads no WASM, or when it names a file that the server does not have.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** Bytes of all that is loaded, after brotli. */
const LIMITS = { '/login': 60 * 1000, '/register': 60.5 * 1000, '/profile': 61.5 * 1000 };

const root = join(import.meta.dirname, '..');
const folder = join(root, 'target', 'weight');

/** A port that is free now. Another process may still take it; the server then says so in its log. */
async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Starts the release binary and waits until it answers. */
async function startServer() {
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
        const log = readFileSync(join(folder, 'server.log'), 'utf8');
        throw new Error(`The server ${gone ? 'ended' : 'did not answer within 30 s'}. Its log:\n${log}`);
      }
    }
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function stopServer({ child, ended }) {
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(killer);
}

const attribute = (tag, name) => tag.match(new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i'))?.slice(1).find(Boolean);

/** Addresses that a page makes the browser load before anybody clicks. */
function fromHtml(html) {
  const found = [];
  for (const [tag] of html.matchAll(/<link\b[^>]*>/gi)) {
    if (/\b(stylesheet|preload|modulepreload|icon|apple-touch-icon|manifest)\b/i.test(attribute(tag, 'rel') ?? '')) found.push(attribute(tag, 'href'));
  }
  for (const [tag] of html.matchAll(/<(?:script|img|source|iframe)\b[^>]*>/gi)) found.push(attribute(tag, 'src'));
  // The script that starts the islands is in the page and imports by address.
  for (const [, script] of html.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/gi)) {
    for (const [, address] of script.matchAll(/["'`]([^"'`\s]+\.(?:js|wasm|css))["'`]/g)) found.push(address);
  }
  if (!/<link\b[^>]*\brel=["']?[^"'>]*\bicon\b/i.test(html)) found.push('/favicon.ico'); // browsers ask for it unasked
  return found.filter(Boolean);
}

function fromCss(css) {
  const urls = [...css.matchAll(/url\(\s*["']?([^"')]+)["']?\s*\)/g)].map(([, address]) => address);
  const imports = [...css.matchAll(/@import\s+["']([^"']+)["']/g)].map(([, address]) => address);
  return [...urls, ...imports];
}

/** Static imports only: wasm-bindgen's glue also names a default WASM file, which the page overrides. */
function fromJs(js) {
  return [...js.matchAll(/(?:\bfrom|\bimport)\s*["'](\.{0,2}\/[^"']+)["']/g)].map(([, address]) => address);
}

/** Fetches the page and all it loads, each file once. */
async function firstVisit(base, page, cookie) {
  const files = [];
  const queue = [base + page];
  const seen = new Set(queue);
  while (queue.length > 0) {
    const url = queue.shift();
    const answer = await fetch(url, { headers: { cookie, accept: 'text/html' }, redirect: 'manual' });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const type = (answer.headers.get('content-type') ?? '').split(';')[0];
    files.push({ path: url.slice(base.length), status: answer.status, type, bytes });
    const text = () => bytes.toString('utf8');
    const next = type === 'text/html' ? fromHtml(text()) : type === 'text/css' ? fromCss(text()) : /javascript/.test(type) ? fromJs(text()) : [];
    for (const address of next) {
      const absolute = new URL(address, url);
      absolute.hash = '';
      if (absolute.protocol === 'data:' || seen.has(absolute.href)) continue;
      if (absolute.origin !== base) throw new Error(`${url} loads something from another host: ${absolute.href}`);
      seen.add(absolute.href);
      queue.push(absolute.href);
    }
  }
  return files;
}

const gzip = (bytes) => gzipSync(bytes, { level: 9 }).length;
const brotli = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length;

/** The cookies of somebody who has an account and is signed in. */
async function signUp(base) {
  const tail = `${process.pid}-${Date.now()}`;
  const form = { email: `weight-${tail}@example.com`, username: `weight-${tail}`, password: `weight of ${tail}` };
  const answer = await fetch(`${base}/register`, { method: 'POST', body: new URLSearchParams(form), headers: { origin: base }, redirect: 'manual' });
  if (answer.status !== 303) throw new Error(`signing up answers ${answer.status}`);
  return answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ');
}

function report(page, files) {
  const line = (name, raw, zipped, brotlied) => console.log(name.padEnd(48), String(raw).padStart(9), String(zipped).padStart(9), String(brotlied).padStart(9));
  const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0);
  const total = (name, rows) => line(name, sum(rows, 'raw'), sum(rows, 'gzip'), sum(rows, 'brotli'));

  const rows = files.map((file) => ({ ...file, raw: file.bytes.length, gzip: gzip(file.bytes), brotli: brotli(file.bytes) }));
  line(`first visit to ${page}`, 'raw', 'gzip -9', 'brotli 11');
  for (const row of rows) line(row.path + (row.status === 200 ? '' : `  (${row.status})`), row.raw, row.gzip, row.brotli);
  total('total', rows);
  const code = rows.filter((row) => /javascript|wasm/.test(row.type));
  total('JavaScript and WASM', code);

  const faults = rows.filter((row) => row.status !== 200).map((row) => `${row.path} answers ${row.status}.`);
  const heavy = sum(rows, 'brotli');
  if (!code.some((row) => /wasm/.test(row.type))) faults.push(`${page} loads no WASM at all.`);
  if (heavy > LIMITS[page]) faults.push(`${page} takes ${heavy} bytes after brotli; the limit is ${LIMITS[page]}.`);
  for (const fault of faults) console.error(`weight: ${fault}`);
  if (faults.length === 0) console.log(`weight: ${page}, ${heavy} of at most ${LIMITS[page]} bytes after brotli\n`);
  return faults.length === 0;
}

let server;
try {
  server = await startServer();
  for (const page of Object.keys(LIMITS)) {
    const cookie = page === '/profile' ? await signUp(server.base) : '';
    if (!report(page, await firstVisit(server.base, page, cookie))) process.exitCode = 1;
  }
} catch (error) {
  console.error(`weight: ${error.message}`);
  process.exitCode = 1;
} finally {
  if (server) await stopServer(server);
}
