/** The one file of a release: it was copied alone into an empty folder (scripts/scratch-server.sh), and needs nothing else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { extname, join } from 'node:path';
import { expect, expectHeading, expectNotice, fillRegistration, hydrated, open, submit, test } from './support';

const root = join(__dirname, '..', '..');

/** What a page loads, sorted by kind: the addresses stand in its markup. */
function filesOf(html: string): string[] {
  const paths = [...html.matchAll(/["'(](\/[\w/.-]+\.(?:css|js|wasm|svg))["')]/g)].map(([, path]) => path);
  return [...new Set(paths)].sort((one, other) => extname(one).localeCompare(extname(other)));
}

test('the server runs in a folder that held nothing but the one file', () => {
  const alone = readdirSync(join(__dirname, '..', 'test-results', 'alone'));
  expect(alone).toEqual(['latchkey']);
});

test('every file of a page has its hash in the name, may be kept for good, and comes pressed', async ({ request }) => {
  const paths = filesOf(await (await request.get('/login', { headers: { accept: 'text/html' } })).text());
  expect(paths).toEqual([
    expect.stringMatching(/^\/pkg\/latchkey\.[0-9a-f]{16}\.css$/),
    expect.stringMatching(/^\/pkg\/latchkey\.[0-9a-f]{16}\.js$/),
    expect.stringMatching(/^\/favicon\.[0-9a-f]{16}\.svg$/),
    expect.stringMatching(/^\/pkg\/latchkey\.[0-9a-f]{16}\.wasm$/),
  ]);
  const types = ['text/css; charset=utf-8', 'text/javascript; charset=utf-8', 'image/svg+xml', 'application/wasm'];
  for (const [index, path] of paths.entries()) {
    const plain = await request.get(path, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers()['content-encoding'], path).toBeUndefined();
    for (const coding of ['br', 'gzip']) {
      const answer = await request.get(path, { headers: { 'accept-encoding': coding } });
      expect(answer.headers(), `${path} ${coding}`).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'content-encoding': coding,
        'content-type': types[index],
        'x-content-type-options': 'nosniff',
        vary: 'accept-encoding',
      });
      expect(Number(answer.headers()['content-length'])).toBeLessThan((await plain.body()).length);
      expect(await answer.body(), 'the same bytes once unpacked').toEqual(await plain.body());
      const again = await request.get(path, { headers: { 'accept-encoding': coding, 'if-none-match': answer.headers().etag } });
      expect([again.status(), (await again.body()).length, again.headers()['cache-control']]).toEqual([
        304,
        0,
        'public, max-age=31536000, immutable',
      ]);
    }
  }
});

test('a file under its plain name is asked for anew, and under a wrong hash is not there', async ({ request }) => {
  const plain = await request.get('/favicon.svg');
  expect([plain.status(), plain.headers()['cache-control']]).toEqual([200, 'no-cache']);
  const again = await request.get('/favicon.svg', { headers: { 'if-none-match': plain.headers().etag } });
  expect(again.status()).toBe(304);
  for (const path of ['/pkg/latchkey.0123456789abcdef.wasm', '/favicon.0123456789abcdef.svg', '/pkg/', '/pkg/latchkey.d.ts', '/Cargo.toml']) {
    expect((await request.get(path)).status(), path).toBe(404);
  }
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Starts the file in `folder` and waits until it says where it is. */
async function start(folder: string, port: number): Promise<ChildProcess> {
  const child = spawn('./latchkey', ['--listen', `127.0.0.1:${port}`], { cwd: folder, env: {}, stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
  });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

test('somebody stays signed in when the server is killed and started again', async ({ page, person }, testInfo) => {
  const folder = testInfo.outputPath('alone');
  cpSync(join(root, 'target', 'dist', 'latchkey'), join(folder, 'latchkey'));
  const port = await freePort();
  const at = (path: string): string => `http://127.0.0.1:${port}${path}`;
  let server = await start(folder, port);
  try {
    await open(page, at('/register'));
    await fillRegistration(page, person);
    await submit(page, 'Create account');
    await expectNotice(page, 'Welcome! Your account is ready.');
    await kill(server);
    server = await start(folder, port);
    await page.goto(at('/profile'));
    await expectHeading(page, 'Your profile');
    await expect(page.getByRole('link', { name: `Signed in as ${person.username}` })).toBeVisible();
    await hydrated(page);
  } finally {
    await kill(server);
  }
});
