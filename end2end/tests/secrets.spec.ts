/** Tokens live in HttpOnly cookies and nowhere else. The server's log is looked through at the end of the run (teardown.ts). */
import type { Page } from '@playwright/test';
import { expect, expectHeading, expectNotice, expectProblem, field, fillRegistration, newPassword, open, panel, passwordLink, signIn, signOut, signUp, submit, test } from './support';
import { secretsIn } from './secrets';

/** All that a script in the page could read, as one text. */
function everythingReadable(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const caches = 'caches' in window ? await window.caches.keys() : [];
    const parts = {
      localStorage: { ...localStorage },
      sessionStorage: { ...sessionStorage },
      databases: await indexedDB.databases(),
      caches,
      cookie: document.cookie,
      url: location.href,
      referrer: document.referrer,
      history: history.state,
      loaded: performance.getEntries().map((entry) => entry.name),
      globals: Object.keys(window),
      values: [...document.querySelectorAll('input')].map((input) => input.value),
      html: document.documentElement.outerHTML,
    };
    return JSON.stringify(parts);
  });
}

async function expectNoSecrets(page: Page): Promise<void> {
  const readable = await everythingReadable(page);
  expect(readable).toContain('<body');
  expect(secretsIn(readable)).toEqual([]);
}

test('a page of somebody signed in holds no token and no password, in no place that a script can read', async ({ page, person }) => {
  await open(page, '/register');
  await fillRegistration(page, person);
  await submit(page, 'Create account');
  await expectNotice(page, 'Welcome! Your account is ready.');
  await expectNoSecrets(page);

  await signOut(page);
  await expectNoSecrets(page);
  for (const tick of ['Keep me signed in', 'Remember my username on this device']) await field(page, tick).check();
  await signIn(page, person.username, person.password);
  await expectHeading(page, 'Your profile');
  await expectNoSecrets(page);

  const password = panel(page, 'Password');
  await field(password, 'Current password').fill(person.password);
  await field(password, 'New password').fill(newPassword());
  await submit(password, 'Change password');
  await expectNotice(page, 'Your password is changed. You are signed out everywhere but here.');
  await expectNoSecrets(page);
});

test('after a refusal no password is left in the page', async ({ page, person, watch }) => {
  await signUp(page.context(), person);
  await open(page, '/profile');
  watch.expectRefusals(422);
  const password = panel(page, 'Password');
  await field(password, 'Current password').fill(newPassword());
  await field(password, 'New password').fill(newPassword());
  await submit(password, 'Change password');
  await expect(password.getByText('That is not your current password.')).toBeVisible();
  await expectNoSecrets(page);
});

test('the token of a password link is in a cookie alone: in no page, store or address, and in no Referer', async ({ page, person, newContext, watch }) => {
  await signUp(await newContext(), person);
  const referrers: string[] = [];
  page.context().on('request', (request) => referrers.push(request.headers()['referer'] ?? ''));
  const link = passwordLink(person.username);
  expect(secretsIn(link)).toEqual(['a password link']);
  await open(page, link);
  await expectHeading(page, 'Set a new password');
  await expectNoSecrets(page);
  const cookies = await page.context().cookies();
  expect(cookies.map(({ name }) => name)).toEqual(['latchkey-password-link']);
  expect(cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', domain: '127.0.0.1' });
  expect(secretsIn(JSON.stringify(cookies))).toEqual(['a password link']);
  expect((cookies[0]?.expires ?? 0) - Date.now() / 1000).toBeLessThanOrEqual(1800);

  watch.expectRefusals(422);
  await field(page, 'New password').fill('canary-');
  await submit(page, 'Set password');
  await expectProblem(field(page, 'New password'), 'Use at least 8 characters.');
  await expectNoSecrets(page);
  await field(page, 'New password').fill(newPassword());
  await submit(page, 'Set password');
  await expectNotice(page, 'Your password is set. Sign in with it.');
  await expectNoSecrets(page);
  expect(referrers.length).toBeGreaterThan(3);
  expect(secretsIn(referrers.join(' '))).toEqual([]);
});

test('the cookies are out of reach of scripts and of other sites, and the search would have found their tokens', async ({ page, person }) => {
  await signUp(page.context(), person);
  await open(page, '/profile');
  const cookies = await page.context().cookies();
  expect(cookies.map(({ name }) => name).sort()).toEqual(['latchkey-access', 'latchkey-device', 'latchkey-refresh']);
  for (const cookie of cookies) {
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', domain: '127.0.0.1' });
  }
  expect(secretsIn(JSON.stringify(cookies))).toEqual(['a JWT', 'a refresh token', 'a known device']);
  expect(await page.evaluate(() => document.cookie)).toBe('');
});

test('no answer of the server holds a token or a password outside of Set-Cookie', async ({ page, person, baseURL }) => {
  const { request } = page.context();
  const headers = { origin: baseURL ?? '', accept: 'application/json' };
  const answers = [
    await request.post('/rpc/sign_up', { headers, form: { email: person.email, username: person.username, password: person.password } }),
    await request.get('/profile', { headers: { accept: 'text/html' } }),
    await request.post('/profile?form=password', {
      headers: { origin: baseURL ?? '', accept: 'text/html' },
      form: { current_password: person.password, new_password: `${person.password}${'x'.repeat(300)}` },
    }),
    await request.post('/rpc/change_password', { headers, form: { current_password: newPassword(), new_password: newPassword() } }),
    await request.post('/rpc/sign_in', { headers, form: { username: person.username, password: person.password } }),
  ];
  expect(answers.map((answer) => answer.status())).toEqual([200, 200, 422, 422, 200]);
  for (const answer of answers) {
    const others = answer.headersArray().filter(({ name }) => name.toLowerCase() !== 'set-cookie');
    expect(secretsIn(await answer.text()), answer.url()).toEqual([]);
    expect(secretsIn(JSON.stringify(others)), answer.url()).toEqual([]);
  }
  const given = answers[0]?.headersArray().filter(({ name }) => name.toLowerCase() === 'set-cookie') ?? [];
  expect(given.length).toBeGreaterThanOrEqual(2);
  for (const { value } of given) expect(value).toMatch(/; HttpOnly; SameSite=Lax; Path=\//);
});
