/** What WASM adds while one types and waits, and that nothing typed is lost on the way. */
import type { Page } from '@playwright/test';
import { expect, expectHeading, expectNoProblem, expectNotice, expectProblem, field, fillRegistration, fillSignIn, gate, hydrated, open, panel, signUp, submit, test } from './support';

const OFFLINE = 'We could not reach the server. Check your connection and try again.';
const TAKEN = 'That username is taken. Try another.';
const FREE = 'Nobody has this username yet.';

function disconnected(watch: { forgive: (line: RegExp) => void }): void {
  watch.forgive(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED/);
}

/** What the page had to do with the last answer is done. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((go) => setTimeout(go)));
}

/** From now on time passes only when a test says so. Its clock was installed before. */
async function stopTheClock(page: Page): Promise<void> {
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 60_000);
}

/** The bodies of all requests of the page from now on. */
function sent(page: Page): string[] {
  const bodies: string[] = [];
  page.on('request', (request) => bodies.push(`${request.url()} ${request.postData() ?? ''}`));
  return bodies;
}

// --- nothing is lost

test('without a connection all stays as it was typed, the password too, and one press more signs in', async ({ page, person, newContext, watch }) => {
  disconnected(watch);
  await signUp(await newContext(), person);
  await open(page, '/login');
  await fillSignIn(page, person.username, person.password);
  await page.getByRole('button', { name: 'Show password' }).click();
  await page.context().setOffline(true);
  await submit(page, 'Sign in');
  await expect(page.getByRole('alert')).toHaveText(OFFLINE);
  await expect(page).toHaveTitle('Error: Sign in · Latchkey');
  await expect(field(page, 'Username or e-mail address')).toHaveValue(person.username);
  await expect(field(page, 'Password')).toHaveValue(person.password);
  await expect(field(page, 'Password')).toHaveAttribute('type', 'text');
  await page.context().setOffline(false);
  await submit(page, 'Sign in');
  await expectHeading(page, 'Your profile');
  await expect(page).toHaveTitle('Your profile · Latchkey');
});

test('a double click sends one request', async ({ page, person }) => {
  let requests = 0;
  await page.route('**/rpc/sign_up', async (route) => {
    requests += 1;
    await route.continue();
  });
  await open(page, '/register');
  await fillRegistration(page, person);
  await page.getByRole('button', { name: 'Create account' }).dblclick();
  await expectNotice(page, 'Welcome! Your account is ready.');
  expect(requests).toBe(1);
});

test('what was typed into the registration outlives a reload of the tab, the passwords and other tabs aside', async ({ page, person }) => {
  await open(page, '/register');
  await fillRegistration(page, person);
  // A password that is looked at is a field of text.
  await page.getByRole('button', { name: 'Show password' }).click();
  await field(page, 'Password').press('End');
  await field(page, 'Password').pressSequentially('x');
  await page.reload();
  await hydrated(page);
  await expect(field(page, 'E-mail address')).toHaveValue(person.email);
  await expect(field(page, 'Username')).toHaveValue(person.username);
  await expect(field(page, 'First name (optional)')).toHaveValue(person.firstName);
  await expect(field(page, 'Password')).toHaveValue('');
  const stored = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
  expect(stored).toContain(person.username);
  expect(stored).not.toContain(person.password);

  const other = await page.context().newPage();
  await open(other, '/register');
  await expect(field(other, 'E-mail address')).toHaveValue('');

  await field(page, 'Password').fill(person.password);
  await submit(page, 'Create account');
  await expectNotice(page, 'Welcome! Your account is ready.');
  expect(await page.evaluate(() => sessionStorage.length), 'an accepted form leaves no draft').toBe(0);
});

test('an answer that is long in coming is said to be, until it comes', async ({ page, person, watch }) => {
  const answer = gate();
  await page.route('**/rpc/sign_in', async (route) => {
    await answer.opened;
    await route.continue();
  });
  await page.clock.install();
  await open(page, '/login');
  const slow = page.getByText('This is taking longer than usual. Please wait.');
  await fillSignIn(page, person.username, person.password);
  await stopTheClock(page);
  await submit(page, 'Sign in');
  await expect(page.getByRole('button', { name: 'Signing in…' })).toBeVisible();
  await page.clock.runFor(4_999);
  await expect(slow).toBeHidden();
  await page.clock.runFor(1);
  await expect(slow).toBeVisible();
  watch.expectRefusals(401);
  answer.open();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(slow).toBeHidden();
});

// --- a password that is being chosen

test('too few letters are pointed out once the field is left, and no more once there are enough', async ({ page }) => {
  await open(page, '/register');
  const [password, advice] = [field(page, 'Password'), page.getByText('This is still too short: it takes at least 8 characters.')];
  const requests = sent(page);
  await password.pressSequentially('seven77');
  await expect(advice).toBeHidden();
  await password.press('Tab');
  await expect(advice).toBeVisible();
  await password.press('End');
  await password.pressSequentially('8');
  await expect(advice).toBeHidden();
  await password.fill('');
  await password.press('Tab');
  await expect(advice).toBeHidden();
  expect(requests.filter((request) => request.includes('seven77')), 'a password stays on the page').toEqual([]);
});

test('one\'s own name in a new password is pointed out at once, in any letters', async ({ page, person }) => {
  const advice = 'Leave out your own name: it is what guessers try first.';
  await open(page, '/register');
  await fillRegistration(page, { ...person, email: 'grete.hermann@example.com', username: 'gh', firstName: 'Ёлка', lastName: 'Ng', password: '' });
  for (const [typed, isOwn] of [['my GRETE.hermann pw', true], ['ёлкиёЛКА', true], ['ng gh example.com', false], ['grete her', false]] as const) {
    await field(page, 'Password').fill(typed);
    await expect(page.getByText(advice), typed).toBeVisible({ visible: isOwn });
  }
  await field(page, 'Last name (optional)').fill('grete her');
  await expect(page.getByText(advice), 'typed after the password').toBeVisible();
  await signUp(page.context(), person);
  await open(page, '/profile');
  await field(panel(page, 'Password'), 'New password').fill(`${person.username} 2`);
  await expect(panel(page, 'Password').getByText(advice)).toBeVisible();
});

test('Caps Lock is pointed out where a password is typed, and nowhere else', async ({ page }) => {
  await open(page, '/login');
  const press = (label: string, isOn: boolean) =>
    field(page, label).evaluate((input, modifierCapsLock) => {
      input.dispatchEvent(new KeyboardEvent('keyup', { key: 'A', bubbles: true, modifierCapsLock }));
    }, isOn);
  const advice = page.getByText('Caps Lock is on');
  await press('Username or e-mail address', true);
  await expect(advice).toBeHidden();
  await press('Password', true);
  await expect(advice).toBeVisible();
  await press('Password', false);
  await expect(advice).toBeHidden();
  await press('Password', true);
  await field(page, 'Password').focus();
  await page.keyboard.press('Tab');
  await expect(advice, 'the field is left').toBeHidden();
});

// --- a username that is being chosen

test('whether a username could be had is said after a pause, before anything is sent', async ({ page, person, newContext }) => {
  await signUp(await newContext(), person);
  await page.clock.install();
  await open(page, '/register');
  await stopTheClock(page);
  const username = field(page, 'Username');
  const requests = sent(page);
  await username.pressSequentially(person.username);
  await page.clock.runFor(499);
  expect(requests).toEqual([]);
  await page.clock.runFor(1);
  await expectProblem(username, TAKEN);
  expect(requests).toHaveLength(1);
  await username.pressSequentially('-2');
  await expectNoProblem(username);
  await page.clock.runFor(500);
  await expect(page.getByText(FREE)).toBeVisible();
  await expectNoProblem(username);
  await username.fill('a b');
  await page.clock.runFor(500);
  await expectProblem(username, 'Use only letters, digits, - and _.');
  await expect(page.getByText(FREE)).toBeHidden();
  await username.fill('');
  await expectNoProblem(username);
  await expect(username, 'the focus stays where one types').toBeFocused();
});

test('in the profile one\'s own username is no news', async ({ page, person }) => {
  await signUp(page.context(), person);
  await open(page, '/profile');
  const username = field(panel(page, 'Details'), 'Username');
  await username.fill(`${person.username}-2`);
  await expect(page.getByText(FREE)).toBeVisible();
  const answered = page.waitForResponse('**/rpc/check_username');
  await username.fill(person.username.toUpperCase());
  expect(await (await answered).json()).toEqual({ is_free: false, problem: null });
  await settled(page);
  await expect(page.getByText(FREE)).toBeHidden();
  await expectNoProblem(username);
});

test('who asks too often is told nothing, and can register all the same', async ({ page, person, watch }) => {
  await page.route('**/rpc/check_username', (route) => route.fulfill({ status: 429, body: JSON.stringify({ error: {}, message: 'Wait.', fields: [] }) }));
  watch.expectRefusals(429);
  await open(page, '/register');
  const asked = page.waitForResponse('**/rpc/check_username');
  await fillRegistration(page, person);
  await (await asked).finished();
  await settled(page);
  await expectNoProblem(field(page, 'Username'));
  await expect(page.getByText(FREE)).toBeHidden();
  await submit(page, 'Create account');
  await expectNotice(page, 'Welcome! Your account is ready.');
});

// --- many problems

for (const scripts of [true, false]) {
  test.describe(scripts ? 'with WASM' : 'without scripts', () => {
    test.use({ javaScriptEnabled: scripts });

    test('a long form lists what is wrong, each as a way to its field; a short one does not', async ({ page, person, watch }) => {
      watch.expectRefusals(422, 422, 422);
      await open(page, '/register');
      await fillRegistration(page, { ...person, email: 'nobody', password: 'short' });
      await submit(page, 'Create account');
      const summary = page.getByRole('group', { name: 'Please look at these again:' });
      await expect(summary).toMatchAriaSnapshot(`
        - 'group "Please look at these again:"':
          - paragraph: "Please look at these again:"
          - list:
            - listitem:
              - 'link "E-mail address: Enter an e-mail address like name@example.com."'
            - listitem:
              - 'link "Password: Use at least 8 characters."'
      `);
      await expect(field(page, 'E-mail address')).toBeFocused();
      await summary.getByRole('link', { name: 'Password: Use at least 8 characters.' }).click();
      await expect(field(page, 'Password')).toBeFocused();
      await hydrated(page);
      await field(page, 'E-mail address').fill(person.email);
      await field(page, 'Password').fill('short');
      await submit(page, 'Create account');
      await expectProblem(field(page, 'Password'), 'Use at least 8 characters.');
      await expect(summary, 'one problem needs no list').toBeHidden();
      await open(page, '/login');
      await submit(page, 'Sign in');
      await expectProblem(field(page, 'Password'), 'Enter your password.');
      await expect(summary).toHaveCount(0);
    });
  });
}

// --- nothing moves away under the pointer

test('leaving a password with too few characters by pressing the button sends the form', async ({ page, person, watch }) => {
  await open(page, '/register');
  await fillRegistration(page, { ...person, password: 'short' });
  const button = page.getByRole('button', { name: 'Create account' });
  const before = await button.boundingBox();
  watch.expectRefusals(422);
  await button.hover();
  await page.mouse.down();
  await expect(page.getByText('This is still too short: it takes at least 8 characters.')).toBeVisible();
  expect(await button.boundingBox()).toEqual(before);
  await page.mouse.up();
  await expectProblem(field(page, 'Password'), 'Use at least 8 characters.');
  await expect(page.getByText('This is still too short'), 'advice goes with the refusal').toBeHidden();
});

test('a draft goes when somebody has signed in, by whichever door', async ({ page, person, newContext }) => {
  await signUp(await newContext(), person);
  await open(page, '/register');
  await field(page, 'E-mail address').fill('somebody@example.com');
  await page.goto('about:blank');
  await signUp(page.context(), { ...person, username: `${person.username}-2`, email: `2${person.email}` });
  await open(page, '/profile');
  await page.context().clearCookies();
  await open(page, '/register');
  await expect(field(page, 'E-mail address')).toHaveValue('');
});

test('a draft ends with half an hour', async ({ page }) => {
  await page.clock.install();
  await open(page, '/register');
  await field(page, 'E-mail address').fill('somebody@example.com');
  await page.clock.runFor(29 * 60_000);
  await page.reload();
  await hydrated(page);
  await expect(field(page, 'E-mail address')).toHaveValue('somebody@example.com');
  await page.clock.runFor(31 * 60_000);
  await page.reload();
  await hydrated(page);
  await expect(field(page, 'E-mail address')).toHaveValue('');
});
