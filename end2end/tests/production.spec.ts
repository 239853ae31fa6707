/**
 * Production mode behind nginx with TLS, both set up from the files in deploy/ (scripts/scratch-nginx.sh). The journey runs there too;
 * this is what only a proxy can get wrong.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request as http, type IncomingHttpHeaders } from 'node:http';
import { request as https } from 'node:https';
import { join } from 'node:path';
import { PRODUCTION } from '../playwright.config';
import { expect, expectNotice, fillRegistration, newPerson, open, submit, test, type Person } from './support';

const binary = join(__dirname, '..', '..', 'target', 'dist', 'latchkey');

type Asked = { method?: string; path: string; headers?: Record<string, string>; body?: string; from?: string };
type Answer = { status: number; headers: IncomingHttpHeaders; cookies: string[]; body: string };

/** Headers by which a client may lie about who and where it is. */
const lies = {
  'x-forwarded-for': '203.0.113.66',
  forwarded: 'for=203.0.113.66;host=evil.example;proto=http',
  'x-real-ip': '203.0.113.66',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'http',
  'x-forwarded-port': '6666',
};
const evil = { ...lies, host: 'evil.example' };

/** One exchange as it is, without a browser's manners, from a loopback address of our choice. */
function ask(to: 'nginx' | 'latchkey', { method = 'GET', path, headers = {}, body, from }: Asked): Promise<Answer> {
  const options = {
    host: '127.0.0.1',
    method,
    path,
    localAddress: from,
    headers: { host: new URL(PRODUCTION.origin).host, accept: 'text/html', ...headers },
    agent: false as const,
  };
  return new Promise((resolve, reject) => {
    const request =
      to === 'nginx'
        ? https({ ...options, port: PRODUCTION.port, servername: 'localhost', rejectUnauthorized: false })
        : http({ ...options, port: PRODUCTION.port + 1 });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const cookies = response.headers['set-cookie'] ?? [];
        resolve({ status: response.statusCode ?? 0, headers: response.headers, cookies, body: text });
      });
    });
    request.end(body);
  });
}

function registration(person: Person, headers: Record<string, string> = {}): Asked {
  return {
    method: 'POST',
    path: '/register',
    headers: { origin: PRODUCTION.origin, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ email: person.email, username: person.username, password: person.password }).toString(),
  };
}

/** The addresses of a person's sessions, as the operator sees them. */
function addresses(person: Person): string[] {
  const settings = { cwd: PRODUCTION.folder, env: {}, encoding: 'utf8' as const };
  const shown = execFileSync(binary, ['user', 'show', person.username, '--json', '--config', 'latchkey.toml'], settings);
  return (JSON.parse(shown) as { sessions: { address: string }[] }).sessions.map(({ address }) => address);
}

/** What an answer says, less what is new each time. */
function essence({ status, headers, body }: Answer): unknown {
  const nonce = /'nonce-([\w-]+)'/.exec(headers['content-security-policy'] ?? '')?.[1] ?? '';
  const id = String(headers['x-request-id']);
  expect(nonce.length * id.length, 'an answer of Latchkey has both').toBeGreaterThan(0);
  return { status, location: headers.location, names: Object.keys(headers).sort(), body: body.replaceAll(nonce, '').replaceAll(id, '') };
}

test('SES-1 the cookies are bound to the host and to https, and the browser keeps them', async ({ page, person }) => {
  await open(page, '/register');
  await fillRegistration(page, person);
  await submit(page, 'Create account');
  await expectNotice(page, 'Welcome! Your account is ready.');
  const cookies = await page.context().cookies();
  expect(cookies.map(({ name }) => name).sort()).toEqual(['__Host-latchkey-access', '__Host-latchkey-device', '__Host-latchkey-refresh']);
  for (const cookie of cookies) {
    expect(cookie).toMatchObject({ domain: 'localhost', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' });
  }
});

test('WEB-3 every answer of Latchkey tells browsers to stay with https', async () => {
  const post = { method: 'POST', headers: { origin: PRODUCTION.origin, 'content-type': 'application/x-www-form-urlencoded' } };
  const answers = [
    await ask('nginx', { path: '/' }),
    await ask('nginx', { path: '/login' }),
    await ask('nginx', { path: '/profile' }),
    await ask('nginx', { path: '/favicon.svg' }),
    await ask('nginx', { path: '/no/such/page' }),
    await ask('nginx', { ...post, path: '/login', body: 'username=nobody&password=nothing' }),
    await ask('nginx', { ...post, path: '/login', headers: { ...post.headers, origin: 'https://evil.example' } }),
    await ask('nginx', { path: '/login', method: 'PUT' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([303, 200, 303, 200, 404, 401, 403, 405]);
  for (const { headers } of answers) expect(headers['strict-transport-security']).toMatch(/^max-age=\d{8,}$/);
});

test('LOG-6 a session has the address that nginx saw, whatever the client says', async () => {
  test.skip(process.platform !== 'linux', 'other systems have only one loopback address');
  const people = [newPerson(), newPerson(), newPerson(), newPerson()];
  const answers = [
    await ask('nginx', { ...registration(people[0]), from: '127.0.0.2' }),
    await ask('nginx', { ...registration(people[1], lies), from: '127.0.0.3' }),
    // Past nginx: a stranger's word counts for nothing, the proxy's for what is in X-Forwarded-For.
    await ask('latchkey', { ...registration(people[2], lies), from: '127.0.0.4' }),
    await ask('latchkey', { ...registration(people[3], { ...lies, 'x-forwarded-for': '203.0.113.66, 198.51.100.9' }), from: '127.0.0.1' }),
  ];
  for (const { status, cookies } of answers) {
    expect(status).toBe(303);
    expect(cookies.length).toBeGreaterThan(1);
    for (const cookie of cookies) expect(cookie).toMatch(/^__Host-latchkey-[\w-]+=.*; Secure/);
  }
  expect(people.map(addresses)).toEqual([['127.0.0.2'], ['127.0.0.3'], ['127.0.0.4'], ['198.51.100.9']]);
});

test('RST-5 no header and no form of the address says where we are', async () => {
  for (const to of ['nginx', 'latchkey'] as const) {
    for (const path of ['/', '/login', '/register', '/profile', '/login/', '/no/such/page']) {
      const honest = essence(await ask(to, { path }));
      expect(essence(await ask(to, { path, headers: lies })), `${path} of ${to}, with lies`).toEqual(honest);
      expect(essence(await ask(to, { path, headers: evil })), `${path} of ${to}, for evil.example`).toEqual(honest);
      const absolute = await ask(to, { path: `http://evil.example:6666${path}`, headers: lies });
      expect(essence(absolute), `${path} of ${to}, in absolute form`).toEqual(honest);
    }
    const foreign = await ask(to, registration(newPerson(), { ...evil, origin: 'https://evil.example' }));
    expect(foreign.status, `a form of evil.example that says that we are evil.example, to ${to}`).toBe(403);
  }
});

test('plain http leads to https, by our name and not by the client\'s', async ({ request }) => {
  const plain = `http://127.0.0.1:${PRODUCTION.port + 2}/login?next=/profile`;
  const answer = await request.get(plain, { maxRedirects: 0, headers: { host: 'evil.example' } });
  expect(answer.status()).toBe(301);
  expect(answer.headers()['location']).toBe(`${PRODUCTION.origin}/login?next=/profile`);
});

test('nginx logs neither what stands behind the question mark nor where people come from', async () => {
  const path = `/no/such/page-${newPerson().username}`;
  await ask('nginx', { path: `${path}?code=canary-of-a-link`, headers: { referer: `${PRODUCTION.origin}/?canary-of-a-referrer` } });
  // nginx writes its line when the answer is out, which may be a moment after we have it.
  const log = (): string => readFileSync(join(PRODUCTION.folder, 'nginx.access.log'), 'utf8');
  await expect.poll(log).toContain(`"GET ${path} HTTP/1.1" 404`);
  expect(log()).not.toMatch(/canary-of|\?/);
});
