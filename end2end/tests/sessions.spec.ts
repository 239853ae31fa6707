/** Sessions in a real browser: tabs that refresh together, cookies that the handler sets, and staying signed in. */
import type { BrowserContext, Page } from '@playwright/test';
import { expect, expectHeading, expectNotice, field, fillSignIn, newPerson, open, signIn, signUp, submit, test } from './support';

const TABS = 5;
const ROUNDS = 200;

/** As if the access token had expired, and its cookie with it. */
async function forgetAccess(context: BrowserContext): Promise<void> {
  await context.clearCookies({ name: 'latchkey-access' });
}

async function cookie(context: BrowserContext, name: string): Promise<string | undefined> {
  return (await context.cookies()).find((cookie) => cookie.name === name)?.value;
}

test('REF-3 five tabs that refresh together stay signed in, two hundred times', async ({ context, person }) => {
  test.setTimeout(600_000);
  await signUp(context, person);
  const tabs: Page[] = [];
  for (let tab = 0; tab < TABS; tab += 1) tabs.push(await context.newPage());
  await Promise.all(tabs.map((tab) => tab.goto('/sessions')));
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = await cookie(context, 'latchkey-refresh');
    await forgetAccess(context);
    // Every tab is loaded anew before any of them has an answer.
    const replies = await Promise.all(tabs.map((tab) => tab.reload({ waitUntil: 'domcontentloaded' })));
    expect(replies.map((reply) => reply?.status()), `round ${round}`).toEqual(Array(TABS).fill(200));
    for (const tab of tabs) expect(new URL(tab.url()).pathname, `round ${round}`).toBe('/sessions');
    expect(await cookie(context, 'latchkey-refresh'), `round ${round} has moved the session on`).not.toBe(before);
    expect(await cookie(context, 'latchkey-access'), `round ${round}`).toBeTruthy();
  }
  // One session, never ended, never doubled.
  await expect(tabs[0]!.getByRole('listitem')).toHaveCount(1);
  await expect(tabs[0]!.getByText('You are signed in nowhere else.')).toBeVisible();
});

for (const scripts of [true, false]) {
  test.describe(scripts ? 'with WASM' : 'without scripts', () => {
    test.use({ javaScriptEnabled: scripts });

    test('signing out with an expired access token ends the session, and its cookies stay away', async ({ context, page, person }) => {
      await signUp(context, person);
      await open(page, '/profile');
      const refresh = await cookie(context, 'latchkey-refresh');
      await forgetAccess(context);
      await submit(page, 'Sign out');
      await expectNotice(page, 'You are signed out.');
      expect(await cookie(context, 'latchkey-access')).toBeUndefined();
      expect(await cookie(context, 'latchkey-refresh')).toBeUndefined();
      // A copy of the cookie is worth nothing, either.
      await context.addCookies([{ name: 'latchkey-refresh', value: refresh ?? '', url: page.url() }]);
      await page.goto('/profile');
      await expectHeading(page, 'Sign in');
    });

    test('who signs in over the expired session of somebody else is themselves', async ({ context, page, person }) => {
      const other = newPerson();
      await signUp(context, other);
      await context.clearCookies();
      // The form was opened before somebody else signed in, in another tab.
      await open(page, '/login');
      await signUp(context, person);
      const theirs = await cookie(context, 'latchkey-refresh');
      await forgetAccess(context);
      await fillSignIn(page, other.username, other.password);
      await submit(page, 'Sign in');
      await expectHeading(page, 'Your profile');
      await expect(page.getByRole('link', { name: `Signed in as ${other.username}` })).toBeVisible();
      await page.reload();
      await expect(page.getByRole('link', { name: `Signed in as ${other.username}` })).toBeVisible();
      expect(await cookie(context, 'latchkey-refresh')).not.toBe(theirs);
      await expect(page.getByText(person.email)).toHaveCount(0);
    });

    test('who wishes to stay signed in stays when the browser is closed, and nobody else', async ({ context, page, person, newContext }) => {
      await signUp(context, person);
      await context.clearCookies();
      for (const isKept of [true, false]) {
        await context.clearCookies();
        await open(page, '/login');
        const tick = field(page, 'Keep me signed in');
        await expect(tick).not.toBeChecked();
        if (isKept) await tick.check();
        await signIn(page, person.username, person.password);
        await expectHeading(page, 'Your profile');
        // What a browser that is closed and opened again still has.
        const all = await context.cookies();
        const kept = all.filter((cookie) => cookie.expires > 0 && !cookie.name.endsWith('-device'));
        expect(kept.map((cookie) => cookie.name).sort()).toEqual(isKept ? ['latchkey-access', 'latchkey-refresh'] : []);
        const later = await newContext({ javaScriptEnabled: scripts });
        await later.addCookies(kept);
        const anew = await later.newPage();
        await anew.goto('/profile');
        await expectHeading(anew, isKept ? 'Your profile' : 'Sign in');
      }
    });
  });
}

test('OUT-1 going back after signing out shows nothing, not even out of memory', async ({ context, page, person }) => {
  await signUp(context, person);
  await open(page, '/sessions');
  await open(page, '/profile');
  const begin = Date.now();
  await submit(page, 'Sign out');
  await expectNotice(page, 'You are signed out.');
  test.info().annotations.push({ type: 'sign-out took', description: `${Date.now() - begin} ms` });
  for (let step = 0; step < 2; step += 1) {
    await page.goBack();
    await expect(page.getByText(person.email)).toHaveCount(0);
    await expectHeading(page, 'Sign in');
  }
});
