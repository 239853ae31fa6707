/** The way back in for who forgot their password: a link that works once, opened by a person and by what looks at links before them. */
import type { Page } from '@playwright/test';
import { expect, expectHeading, expectNotice, field, newPassword, newPerson, open, passwordLink, signIn, signOut, signUp, submit, test } from './support';

const SET = 'Your password is set. Sign in with it.';
const NO_LINK = 'This link does not work any more';

/** Neither the address nor the way back or forward has the token. */
async function expectPlainAddress(page: Page): Promise<void> {
  await expectHeading(page, 'Set a new password');
  await expect(page).toHaveURL('/set-password');
}

for (const scripts of [true, false]) {
  test.describe(scripts ? 'with WASM' : 'without scripts', () => {
    test.use({ javaScriptEnabled: scripts });

    test('opening a link, or looking at it from elsewhere, uses nothing up', async ({ page, person, newContext, request }) => {
      await signUp(await newContext(), person);
      const link = passwordLink(person.username);
      for (const method of ['HEAD', 'GET', 'GET']) expect((await request.fetch(link, { method })).status()).toBe(200);
      await open(page, '/login');
      for (let visit = 0; visit < 3; visit += 1) {
        await open(page, link);
        await expectPlainAddress(page);
      }
      await page.reload();
      await expectPlainAddress(page);
      await page.goBack();
      await page.goForward();
      await expectPlainAddress(page);
      await field(page, 'New password').fill(newPassword());
      await submit(page, 'Set password');
      await expectNotice(page, SET);
    });

    test('a link that is replaced while its page is open says so', async ({ page, person, newContext, watch }) => {
      await signUp(await newContext(), person);
      await open(page, passwordLink(person.username));
      await expectPlainAddress(page);
      passwordLink(person.username);
      watch.expectRefusals(410);
      await field(page, 'New password').fill(newPassword());
      await submit(page, 'Set password');
      if (scripts) await expect(page.getByRole('alert')).toHaveText('This link does not work any more. Ask whoever gave it to you for a new one.');
      else await expectHeading(page, NO_LINK);
    });

    test('what was typed for one account does not become the password of another whose link was opened since', async ({ page, person, newContext, watch }) => {
      const other = newPerson();
      for (const somebody of [person, other]) await signUp(await newContext(), somebody);
      const link = passwordLink(person.username);
      const next = newPassword();
      await open(page, link);
      await field(page, 'New password').fill(next);
      const tab = await page.context().newPage();
      await open(tab, passwordLink(other.username));
      await expect(tab.getByText(`For the account ${other.username}`)).toBeVisible();

      watch.expectRefusals(410);
      await submit(page, 'Set password');
      if (scripts) await expect(page.getByRole('alert')).toHaveText('This link does not work any more. Ask whoever gave it to you for a new one.');
      else await expectHeading(page, NO_LINK);

      await open(page, link);
      await expect(page.getByText(`For the account ${person.username}`)).toBeVisible();
      await field(page, 'New password').fill(next);
      await submit(page, 'Set password');
      await expectNotice(page, SET);
      await signIn(page, person.username, next);
      await expectHeading(page, 'Your profile');
    });

    test('a link with a slash too many works, and leaves the address', async ({ page, person, newContext }) => {
      await signUp(await newContext(), person);
      await open(page, passwordLink(person.username).replace('?', '/?'));
      await expectPlainAddress(page);
      await expect(page.getByText(`For the account ${person.username}`)).toBeVisible();
    });

    test('who signs out leaves no link behind for the next person', async ({ page, person, watch }) => {
      await signUp(page.context(), person);
      await open(page, passwordLink(person.username));
      await expectPlainAddress(page);
      await signOut(page);
      watch.expectRefusals(410);
      await open(page, '/set-password');
      await expectHeading(page, NO_LINK);
    });

    test('who comes without a link, or with what is none, is told how links work', async ({ page, watch }) => {
      for (const path of [
        '/set-password',
        '/set-password?token=lkp1.garbage',
        '/set-password?token=',
        '/set-password/?token=lkp1.garbage',
        '/SET-password?token=lkp1.garbage',
      ]) {
        watch.expectRefusals(410);
        await open(page, path);
        await expectHeading(page, NO_LINK);
        await expect(page).toHaveURL('/set-password');
        await expect(page.getByText('works once and for 30 minutes')).toBeVisible();
        await expect(page.getByLabel('New password')).toHaveCount(0);
      }
      await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
      await expectHeading(page, 'Sign in');
    });
  });
}

test('who is signed in and sets their own password by a link is signed out', async ({ page, person }) => {
  await signUp(page.context(), person);
  await open(page, passwordLink(person.username));
  await expectPlainAddress(page);
  await field(page, 'New password').fill(newPassword());
  await submit(page, 'Set password');
  await expectNotice(page, SET);
  await expect(page.getByRole('button', { name: 'Sign out' })).toHaveCount(0);
  // What is left opens nothing: it let the browser be known, with the password of before.
  expect((await page.context().cookies()).map(({ name }) => name)).toEqual(['latchkey-device']);
});

test('password managers learn whose password it is, and nobody is asked for more', async ({ page, person, newContext }) => {
  await signUp(await newContext(), person);
  await open(page, passwordLink(person.username));
  await expect(field(page, 'New password')).toHaveAttribute('autocomplete', 'new-password');
  const hint = page.locator('#set_password input[autocomplete="username"]');
  await expect(hint).toBeHidden();
  await expect(hint).toHaveValue(person.username);
  await expect(page.locator('#set_password input:not([type="hidden"])')).toHaveCount(2);
});
