// node scripts/weight.mjs: what a first visit to /login, /register and /profile loads, in bytes as they are, after gzip -9 and after
// brotli 11. Fails when a page passes its limit, when it loads no WASM, or when it names a file that the server does not have.

import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { withServer } from './server.mjs';

/** Bytes of all that is loaded, after brotli. */
const LIMITS = { '/login': 55.2 * 1000, '/register': 55.5 * 1000, '/profile': 56.5 * 1000 };

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

try {
  await withServer('weight', async (base) => {
    for (const page of Object.keys(LIMITS)) {
      const cookie = page === '/profile' ? await signUp(base) : '';
      if (!report(page, await firstVisit(base, page, cookie))) process.exitCode = 1;
    }
  });
} catch (error) {
  console.error(`weight: ${error.message}`);
  process.exitCode = 1;
}
