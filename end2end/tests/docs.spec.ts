/** The pages about the API, as a developer meets them: /docs to try it out, /redoc to read it. */
import type { APIRequestContext, Page } from '@playwright/test';
import { expect, type Person, test } from './support';

const pages = ['/docs', '/redoc'] as const;

/** The origins that a page asks, what it never sent because of its policy included. */
function origins(page: Page): Set<string> {
  const asked = new Set<string>();
  page.context().on('request', (request) => {
    if (!request.url().startsWith('data:')) asked.add(new URL(request.url()).origin);
  });
  return asked;
}

async function register(request: APIRequestContext, { email, username, password }: Person): Promise<void> {
  const answer = await request.post('/register', { data: { email, username, password } });
  expect(answer.status(), await answer.text()).toBe(200);
}

test('who has an account authorizes in /docs by username and password, and asks who they are', async ({ page, person, baseURL }) => {
  const asked = origins(page);
  await register(page.request, person);
  await page.goto('/docs');
  await page.getByRole('button', { name: 'Authorize', exact: true }).click();
  await page.getByLabel('username:').fill(person.username);
  await page.getByLabel('password:').fill(person.password);
  await page.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
  await expect(page.getByRole('heading', { name: 'Authorized', exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Close', exact: true }).click();

  await page.getByRole('button', { name: /^GET \/users\/me(?!\/)/ }).click();
  await page.getByRole('button', { name: 'Execute' }).click();
  const answer = page.getByRole('row').filter({ hasText: person.email });
  await expect(answer.getByRole('cell').first()).toHaveText('200');

  expect([...asked]).toEqual([baseURL]);
  const kept = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
  expect(kept, 'the token is gone with the page').toEqual([0, 0, '']);
});

test('/docs says when a password is wrong', async ({ page, person, watch }) => {
  watch.expectRefusals(401);
  await page.goto('/docs');
  await page.getByRole('button', { name: 'Authorize', exact: true }).click();
  await page.getByLabel('username:').fill(person.username);
  await page.getByLabel('password:').fill(person.password);
  await page.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
  await expect(page.getByText(/Unauthorized/).first()).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Authorized', exact: true })).toHaveCount(0);
});

test('/redoc shows every operation of the description', async ({ page, baseURL }) => {
  const asked = origins(page);
  const document = await (await page.request.get('/openapi.json')).json();
  const operations = Object.values<Record<string, { summary: string }>>(document.paths).flatMap((path) => Object.values(path));
  expect(operations.length).toBeGreaterThan(10);
  await page.goto('/redoc');
  for (const { summary } of operations) {
    await expect(page.getByRole('heading', { name: summary.replace(/\.$/, '') }).first(), summary).toBeAttached();
  }
  await expect(page.getByText('API docs by Redocly'), 'its start has come to an end').toBeAttached();
  expect([...asked]).toEqual([baseURL]);
});

test('an address cannot make /docs show or ask anything else', async ({ page, baseURL }) => {
  const asked = origins(page);
  await page.goto('/docs?url=https://evil.example/a.json&configUrl=https://evil.example/b.json&spec={}');
  await expect(page.getByRole('heading', { level: 1, name: /^Latchkey/ })).toBeVisible();
  expect([...asked]).toEqual([baseURL]);
});

test('the way back and the file are there on every screen, and nothing is wider than it', async ({ page, baseURL }) => {
  for (const path of pages) {
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1, name: /^Latchkey/ })).toBeVisible();
      const links = page.getByRole('navigation', { name: 'Latchkey' }).getByRole('link');
      const targets = await links.evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
      expect(targets).toEqual(['/', path === '/docs' ? '/redoc' : '/docs', '/openapi.json'].map((target) => baseURL + target));
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${path} at ${width}`).toBeLessThanOrEqual(width);
    }
  }
});

test('without JavaScript both pages say so and lead to the file', async ({ newContext }) => {
  const page = await (await newContext({ javaScriptEnabled: false })).newPage();
  for (const path of pages) {
    await page.goto(path);
    const note = page.getByText('This page needs JavaScript');
    await expect(note).toBeVisible();
    await expect(note.getByRole('link')).toHaveAttribute('href', '/openapi.json');
  }
  const document = await (await page.request.get('/openapi.json')).json();
  expect(document.openapi).toMatch(/^3\.1\./);
});

test('what the pages load comes pressed and may be kept for good', async ({ request }) => {
  const markup = await Promise.all(pages.map(async (path) => (await request.get(path)).text()));
  const files = [...markup.join().matchAll(/(?:src|href)="(\/pkg\/[^"]+)"/g)].map(([, file]) => file);
  expect(files).toEqual([
    expect.stringMatching(/^\/pkg\/swagger-ui\.[0-9a-f]{16}\.css$/),
    expect.stringMatching(/^\/pkg\/swagger-ui\.[0-9a-f]{16}\.js$/),
    expect.stringMatching(/^\/pkg\/redoc\.[0-9a-f]{16}\.js$/),
  ]);
  for (const file of files) {
    const plain = await request.get(file, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers()['content-encoding'], file).toBeUndefined();
    for (const coding of ['br', 'gzip']) {
      const answer = await request.get(file, { headers: { 'accept-encoding': coding } });
      expect(answer.headers(), file).toMatchObject({ 'content-encoding': coding, 'cache-control': 'public, max-age=31536000, immutable' });
      expect(await answer.body(), 'the same bytes once unpacked').toEqual(await plain.body());
    }
  }
});
