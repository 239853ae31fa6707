/** The walls around every page, as the browser meets them. */
import type { APIRequestContext, APIResponse } from '@playwright/test';
import { expect, expectNotice, fillRegistration, open, signOut, signUp, submit, test } from './support';

const html = { accept: 'text/html' };

/** One reply of each kind that is HTML. */
async function pages(request: APIRequestContext, origin: string): Promise<APIResponse[]> {
  const posted = { ...html, origin };
  return [
    await request.get('/login', { headers: html }),
    await request.get('/register', { headers: html }),
    await request.get('/profile', { headers: html }),
    await request.get('/no/such/page', { headers: html }),
    await request.get('/set-password', { headers: html }),
    await request.post('/login', { headers: posted, form: { username: 'nobody', password: 'nothing' } }),
    await request.post('/register', { headers: posted, form: { email: 'nobody' } }),
    await request.post('/login', { headers: { ...posted, 'content-type': 'text/plain' }, data: 'x' }),
    await request.post('/login', { headers: { ...posted, origin: 'https://evil.example' }, form: { username: 'x', password: 'y' } }),
    await request.put('/login', { headers: posted }),
  ];
}

test('every page has a policy with a nonce of its own, and keeps to it in its markup', async ({ request, baseURL }) => {
  const answers = await pages(request, baseURL ?? '');
  expect(answers.map((answer) => answer.status())).toEqual([200, 200, 200, 404, 410, 401, 422, 415, 403, 405]);
  const nonces: string[] = [];
  for (const answer of answers) {
    const policy = answer.headers()['content-security-policy'] ?? '';
    const nonce = /'nonce-([\w-]{20,})'/.exec(policy)?.[1] ?? '';
    nonces.push(nonce);
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src 'self' 'nonce-${nonce}' 'wasm-unsafe-eval'`,
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self'",
      "connect-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ]);
    const markup = await answer.text();
    expect(answer.headers()['content-type']).toContain('text/html');
    expect(markup).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:|https?:\/\//i);
    const scripts = markup.match(/<script[^>]*>/g) ?? [];
    for (const script of scripts) expect(script).toContain(`nonce="${nonce}"`);
    // The nonce stands at the scripts and nowhere else.
    expect(markup.split(nonce).length - 1).toBe(scripts.length);
  }
  expect(new Set(nonces).size).toBe(answers.length);
});

test('every page says what browsers may and may not do with it', async ({ request, baseURL }) => {
  for (const answer of await pages(request, baseURL ?? '')) {
    expect(answer.headers(), `${answer.status()} ${answer.url()}`).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('camera=()'),
      'x-request-id': expect.stringMatching(/^[\w-]{20,}$/),
    });
    expect(answer.headers()['server'], 'what runs here is nobody\'s business').toBeUndefined();
  }
});

test('from registering to signing out no browser asks any other origin for anything', async ({ page, person, baseURL }) => {
  const asked = new Set<string>();
  page.context().on('request', (request) => asked.add(new URL(request.url()).origin));
  await open(page, '/register');
  await fillRegistration(page, person);
  await submit(page, 'Create account');
  await expectNotice(page, 'Welcome! Your account is ready.');
  await signOut(page);
  expect([...asked]).toEqual([baseURL]);
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin));
  expect([...new Set(loaded)]).toEqual([baseURL]);
});

test('the policy holds: a script that found its way into a page does not run', async ({ page, person, watch }) => {
  await signUp(page.context(), person);
  await open(page, '/profile');
  watch.forgive(/Content Security Policy/);
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    document.body.append(script);
    const button = document.createElement('button');
    button.setAttribute('onclick', 'window.injected = true');
    document.body.append(button);
    button.click();
    document.body.setAttribute('style', 'display: none');
    return { script: 'injected' in window, style: getComputedStyle(document.body).display === 'none' };
  });
  expect(ran).toEqual({ script: false, style: false });
});
