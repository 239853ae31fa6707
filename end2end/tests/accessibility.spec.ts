/** Every screen in every state, for who cannot see it, cannot point at it, sees it small, or is made ill by motion. */
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { expect, expectHeading, expectNotice, expectProblem, field, gate, hydrated, inEveryLanguage, newPassword, open, panel, passwordLink, signIn, signUp, submit, test } from './support';
import { renderedStates, show, states } from './states';

// So many tests of one file would keep one worker busy long after the others are done.
test.describe.configure({ mode: 'parallel' });

/** What axe objects to, short enough to read. */
async function objections(page: Page): Promise<string[]> {
  // Off by default, because it is new; WCAG 2.2 has it (2.5.8).
  const { violations } = await new AxeBuilder({ page }).options({ rules: { 'target-size': { enabled: true } } }).analyze();
  return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html}`));
}

/** Nothing needs sideways scrolling on this small screen (WCAG 2.2, 1.4.10), which is also what 400 % make of a wide one. */
async function expectReflow(page: Page): Promise<void> {
  expect.soft(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  // What hangs over the left edge does not count as width.
  for (const alert of await page.getByRole('alert').all()) expect.soft((await alert.boundingBox())?.x ?? 0).toBeGreaterThanOrEqual(0);
}

/** By day on a wide screen, by night on the smallest. */
async function expectClean(page: Page): Promise<void> {
  for (const [colorScheme, width, height] of [['light', 1280, 720], ['dark', 320, 640]] as const) {
    // A colour on its way to another is neither: axe looks at the end of the way.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height });
    expect.soft(await objections(page), colorScheme).toEqual([]);
  }
}

test('axe does look: it objects to a picture without a description', async ({ page }) => {
  await open(page, '/login');
  await page.evaluate(() => document.querySelector('main')?.append(Object.assign(new Image(), { src: '/favicon.svg' })));
  expect((await objections(page)).join()).toContain('image-alt');
});

inEveryLanguage(() => {
  for (const state of states) {
    test(`axe has no objection to: ${state.name}; nor does it need sideways scrolling`, async ({ page, person, watch }) => {
      await show(state, page, person, watch);
      await expectClean(page);
      await expectReflow(page);
    });
  }

  test.describe('as the server renders it', () => {
    test.use({ wasm: 'blocked' });
    for (const state of renderedStates) {
      test(`axe has no objection to: ${state.name}`, async ({ page, person, watch }) => {
        await show(state, page, person, watch);
        await expectClean(page);
      });
    }
  });
});

// --- what a screen reader is told

test('a screen reader finds the sign-in page in this order and by these names', async ({ page }) => {
  await open(page, '/login');
  await expect(page.locator('body')).toMatchAriaSnapshot(`
    - link "Skip to the content"
    - banner:
      - link "Latchkey, start page"
      - navigation "Account":
        - link "Sign in"
        - link "Create account"
    - main:
      - heading "Sign in" [level=1]
      - textbox "Username or e-mail address"
      - status
      - textbox "Password"
      - button "Show password"
      - checkbox "Keep me signed in"
      - checkbox "Remember my username on this device"
      - button "Sign in"
      - status
      - paragraph:
        - text: New here?
        - link "Create an account"
    - contentinfo:
      - navigation "About this site":
        - link "Accessibility"
      - group "Language":
        - button "English" [pressed]
        - button "Русский"
      - group "Colours":
        - button "As the system" [pressed]
        - button "Light"
        - button "Dark"
  `);
});

test('a screen reader finds the registration in this order, and what to know stands before its field', async ({ page }) => {
  await open(page, '/register');
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - main:
      - heading "Create your account" [level=1]
      - textbox "E-mail address"
      - paragraph: Letters, digits, - and _.
      - status
      - textbox "Username"
      - textbox "First name (optional)"
      - textbox "Last name (optional)"
      - status
      - paragraph: At least 8 characters. A few unrelated words work well.
      - status
      - textbox "Password"
      - button "Show password"
      - button "Create account"
      - status
      - paragraph:
        - text: Already have an account?
        - link "Sign in"
  `);
  await expect(field(page, 'Password')).toHaveAccessibleDescription('At least 8 characters. A few unrelated words work well.');
});

inEveryLanguage(() => {
  test('text at twice its size fits on a phone', async ({ page, person }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    const fits = async (path: string) => {
      await open(page, path);
      await page.evaluate(() => {
        document.documentElement.style.fontSize = '200%';
      });
      expect.soft(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(390);
    };
    for (const path of ['/login', '/register', '/accessibility']) await fits(path);
    await signUp(page.context(), person);
    for (const path of ['/profile', '/sessions']) await fits(path);
  });
});

// --- the keyboard alone

/** The element with the focus shows it: an outline that is wide enough, on something that is on the screen. */
async function expectVisibleFocus(page: Page): Promise<void> {
  const seen = await page.evaluate(() => {
    const element = document.activeElement ?? document.body;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const { width, height, top, bottom } = element.getBoundingClientRect();
    return {
      who: element.outerHTML.slice(0, 120),
      outlined: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
      onScreen: width > 8 && height > 8 && bottom > 0 && top < innerHeight,
    };
  });
  expect(seen).toMatchObject({ outlined: true, onScreen: true });
}

/** Presses Tab until `target` has the focus; every stop on the way shows its own. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  // Chromium drops keys that come before a new page was painted for the first time; nobody could have aimed them.
  await page.waitForFunction(() => performance.getEntriesByType('paint').length > 0);
  for (let stop = 0; stop < 40; stop += 1) {
    await page.keyboard.press('Tab');
    await expectVisibleFocus(page);
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Tab does not lead to ${target}`);
}

async function typeInto(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.type(text);
}

for (const wasm of ['allowed', 'blocked'] as const) {
  test.describe(wasm === 'blocked' ? 'with the keyboard alone and without WASM' : 'with the keyboard alone', () => {
    test.use({ wasm });

    test('one can register, sign out, sign in, edit and delete', async ({ page, person, watch }) => {
      test.setTimeout(60_000);
      await open(page, '/register');
      await typeInto(page, field(page, 'E-mail address'), person.email);
      await typeInto(page, field(page, 'Username'), person.username);
      await typeInto(page, field(page, 'First name (optional)'), person.firstName);
      await typeInto(page, field(page, 'Last name (optional)'), person.lastName);
      await typeInto(page, field(page, 'Password'), person.password);
      await page.keyboard.press('Enter');
      await expectNotice(page, 'Welcome! Your account is ready.');

      await tabTo(page, page.getByRole('button', { name: 'Sign out' }));
      await page.keyboard.press('Space');
      await expectNotice(page, 'You are signed out.');

      await typeInto(page, field(page, 'Username or e-mail address'), person.username);
      await typeInto(page, field(page, 'Password'), person.password);
      await tabTo(page, page.getByRole('button', { name: 'Sign in', exact: true }));
      await page.keyboard.press('Enter');
      await expectHeading(page, 'Your profile');

      await tabTo(page, field(panel(page, 'Details'), 'First name (optional)'));
      // Tab selects what is in the field; typing replaces it.
      await page.keyboard.type('Grace');
      await tabTo(page, page.getByRole('button', { name: 'Save details' }));
      await page.keyboard.press('Space');
      await expectNotice(page, 'Your details are saved.');
      await expect(panel(page, 'Account')).toContainText('Grace Lovelace');

      const address = panel(page, 'E-mail address');
      await typeInto(page, field(address, 'E-mail address'), `new.${person.email}`);
      await typeInto(page, field(address, 'Current password'), person.password);
      await page.keyboard.press('Enter');
      await expectNotice(page, 'Your e-mail address is changed.');

      const change = panel(page, 'Password');
      const newer = newPassword();
      await typeInto(page, field(change, 'Current password'), person.password);
      await typeInto(page, field(change, 'New password'), newer);
      await page.keyboard.press('Enter');
      await expectNotice(page, 'Your password is changed. You are signed out everywhere but here.');

      // A refusal puts the focus where it went wrong, and it shows there.
      watch.expectRefusals(422);
      const deletion = panel(page, 'Delete account');
      await typeInto(page, field(deletion, 'Current password'), newer);
      await page.keyboard.press('Enter');
      const tick = deletion.getByRole('checkbox', { name: 'I want my account to be deleted for good' });
      await expectProblem(tick, 'Tick this box to go on.');
      await hydrated(page);
      await expect(tick).toBeFocused();
      await expectVisibleFocus(page);
      await page.keyboard.press('Space');
      await expect(tick).toBeChecked();
      await page.keyboard.press('Shift+Tab');
      if (wasm === 'allowed') await page.keyboard.press('Shift+Tab'); // past the button that shows the password
      await expect(field(deletion, 'Current password')).toBeFocused();
      await page.keyboard.type(newer);
      await tabTo(page, page.getByRole('button', { name: 'Delete my account' }));
      await page.keyboard.press('Enter');
      await expectNotice(page, 'Your account is deleted. Thank you for having been here.');
    });

    test('one can set a new password with a link', async ({ page, person, newContext, watch }) => {
      await signUp(await newContext(), person);
      await open(page, passwordLink(person.username));
      watch.expectRefusals(422);
      await tabTo(page, page.getByRole('button', { name: 'Set password' }));
      await page.keyboard.press('Space');
      await expectProblem(field(page, 'New password'), 'Enter a new password.');
      await hydrated(page);
      await expect(field(page, 'New password')).toBeFocused();
      await expectVisibleFocus(page);
      await page.keyboard.type(newPassword());
      await page.keyboard.press('Enter');
      await expectNotice(page, 'Your password is set. Sign in with it.');
    });
  });
}

test('the first stop of Tab leads past the header', async ({ page }) => {
  await open(page, '/login');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  await expect(skip).toBeFocused();
  await expectVisibleFocus(page);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(field(page, 'Username or e-mail address')).toBeFocused();
});

test('every screen has one main heading, landmarks and a language', async ({ page, watch }) => {
  watch.expectRefusals(404);
  for (const path of ['/login', '/register', '/no/such/page']) {
    await open(page, path);
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    await expect(page.getByRole('main')).toHaveCount(1);
    await expect(page.getByRole('banner')).toHaveCount(1);
    await expect(page.getByRole('navigation', { name: 'Account' })).toHaveCount(1);
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
  }
});

test('the header marks where one is, and browsers know what each field is for', async ({ page, person }) => {
  await open(page, '/login');
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Sign in' })).toHaveAttribute('aria-current', 'page');
  await expect(field(page, 'Username or e-mail address')).toHaveAttribute('autocomplete', 'username');
  await expect(field(page, 'Password')).toHaveAttribute('autocomplete', 'current-password');
  await open(page, '/register');
  await expect(field(page, 'E-mail address')).toHaveAttribute('autocomplete', 'email');
  await expect(field(page, 'Password')).toHaveAttribute('autocomplete', 'new-password');
  await signUp(page.context(), person);
  await open(page, '/profile');
  await expect(page.getByRole('link', { name: `Signed in as ${person.username}` })).toHaveAttribute('aria-current', 'page');
  await expect(field(panel(page, 'Password'), 'Current password')).toHaveAttribute('autocomplete', 'current-password');
  await expect(field(panel(page, 'Password'), 'New password')).toHaveAttribute('autocomplete', 'new-password');
});

// --- motion

/** The names of all animations and the sum of all transition times of the page. */
function motion(page: Page): Promise<{ animations: string[]; seconds: number }> {
  return page.evaluate(() => {
    const animations = new Set<string>();
    let seconds = 0;
    for (const element of document.querySelectorAll('*')) {
      for (const part of ['', '::before', '::after']) {
        const style = getComputedStyle(element, part);
        for (const name of style.animationName.split(', ')) if (name !== 'none') animations.add(name);
        for (const time of style.transitionDuration.split(', ')) seconds += Number.parseFloat(time);
      }
    }
    return { animations: [...animations], seconds };
  });
}

test('who asks for less motion gets none, even while waiting', async ({ page, person }) => {
  await page.route('**/rpc/sign_in', () => gate().opened);
  await open(page, '/login');
  await signIn(page, person.username, person.password);
  await expect(page.getByRole('button', { name: 'Signing in…' })).toBeVisible();
  expect((await motion(page)).animations).toEqual(['turn']);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await motion(page)).toEqual({ animations: [], seconds: 0 });
});

test('with forced colours the focus and the problems still show', async ({ page, watch }) => {
  watch.expectRefusals(422);
  await page.emulateMedia({ forcedColors: 'active' });
  await open(page, '/login');
  await submit(page, 'Sign in');
  await expectProblem(field(page, 'Password'), 'Enter your password.');
  await page.keyboard.press('Tab');
  await expectVisibleFocus(page);
  expect(await objections(page)).toEqual([]);
});
