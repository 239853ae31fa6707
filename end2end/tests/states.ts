/**
 * Every screen in every state that a person can bring it to, in one place. Accessibility is checked of each and pictures are taken, in
 * every language: so words are looked for by the helpers of support.ts alone.
 */
import type { Page } from '@playwright/test';
import { button, expect, expectAlert, expectHeading, expectNotice, expectProblem, field, fillRegistration, fillSignIn, gate, guessTooOften, languageOf, newPassword, open, panel, passwordLink, sentence, signIn, signOut, signUp, submit, test, words, type Person, type Watch } from './support';

export type State = {
  name: string;
  /** The replies of 400 and above on the way there. */
  refusals?: number[];
  /** Needs WASM: no page of the server shows it. */
  wasm?: true;
  show: (page: Page, person: Person, watch: Watch) => Promise<void>;
};

/** Brings the page to the state, in the language of the test. */
export async function show({ refusals = [], show }: State, page: Page, person: Person, watch: Watch): Promise<void> {
  watch.expectRefusals(...refusals);
  await show(page, person, watch);
  await expect(page.locator('html')).toHaveAttribute('lang', languageOf(page));
}

const TOO_MANY_TRIES =
  'That was a lot of tries, so let us pause. Try again in … A device that you have signed in on before may still work, and so does a link to set a new password.';
const OFFLINE = 'We could not reach the server. Check your connection and try again.';
const SIGNED_OUT = ['You are no longer signed in. Sign in, then try again.', 'Go to the sign-in page'];

async function profile(page: Page, person: Person): Promise<void> {
  await signUp(page.context(), person);
  await open(page, '/profile');
}

/** Signed in on a phone and at a program, and no longer at a third place. */
async function severalSessions(page: Page, person: Person): Promise<void> {
  await signUp(page.context(), person);
  const phone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1';
  const { username, password } = person;
  const send = async (path: string, headers: Record<string, string>, body: object): Promise<string> => {
    // Not with the page's cookies.
    const reply = await fetch(new URL(path, page.url() === 'about:blank' ? test.info().project.use.baseURL : page.url()), {
      method: 'POST',
      headers,
      body: 'grant_type' in body || 'refresh_token' in body ? JSON.stringify(body) : new URLSearchParams(body as Record<string, string>),
      redirect: 'manual',
    });
    expect(reply.status, path).toBeLessThan(400);
    return reply.text();
  };
  const json = { 'content-type': 'application/json' };
  await send('/login', { 'user-agent': phone }, { username, password, keep: 'yes' });
  await send('/token', { ...json, 'user-agent': 'backup-script/1.0' }, { username, password, grant_type: 'password' });
  const tokens = JSON.parse(await send('/token', json, { username, password, grant_type: 'password' }));
  await send('/logout', json, { refresh_token: tokens.refresh_token });
}

/** Follows a new password link, signed out. */
async function followLink(page: Page, person: Person): Promise<void> {
  await signUp(page.context(), person);
  await page.context().clearCookies();
  await open(page, passwordLink(person.username));
  await expectHeading(page, 'Set a new password');
}

export const states: State[] = [
  { name: 'sign-in', show: (page) => open(page, '/login') },
  {
    name: 'sign-in, nothing typed',
    refusals: [422],
    show: async (page) => {
      await open(page, '/login');
      await submit(page, 'Sign in');
      await expectProblem(field(page, 'Password'), 'Enter your password.');
    },
  },
  {
    name: 'sign-in, wrong password',
    refusals: [401],
    show: async (page, person) => {
      await open(page, '/login');
      await signIn(page, person.username, person.password);
      await expectAlert(page, 'That username, e-mail address or password is not right. Try again.');
    },
  },
  {
    name: 'sign-in, too many tries',
    refusals: [429],
    show: async (page, person) => {
      await guessTooOften(page.context(), person.username);
      await open(page, '/login');
      await signIn(page, person.username, person.password);
      await expectAlert(page, TOO_MANY_TRIES);
    },
  },
  {
    name: 'sign-in, on its way',
    wasm: true,
    show: async (page, person) => {
      await page.route('**/rpc/sign_in', () => gate().opened);
      await open(page, '/login');
      await signIn(page, person.username, person.password);
      await expect(button(page, 'Signing in…')).toBeVisible();
    },
  },
  {
    name: 'sign-in, on its way for long',
    wasm: true,
    show: async (page, person) => {
      await page.route('**/rpc/sign_in', () => gate().opened);
      await page.clock.install();
      await open(page, '/login');
      await signIn(page, person.username, person.password);
      await page.clock.runFor(5_100);
      await expect(sentence(page, 'This is taking longer than usual. Please wait.')).toBeVisible();
    },
  },
  {
    name: 'sign-in, Caps Lock',
    wasm: true,
    show: async (page) => {
      await open(page, '/login');
      await field(page, 'Password').evaluate((input) => input.dispatchEvent(new KeyboardEvent('keyup', { key: 'A', bubbles: true, modifierCapsLock: true })));
      await expect(sentence(page, 'Caps Lock is on')).toBeVisible();
    },
  },
  {
    name: 'sign-in, as its operator likes it',
    show: async (page) => {
      await open(page, 'http://127.0.0.1:3116/login');
      await expectHeading(page, 'Sign in');
    },
  },
  {
    name: 'sign-in, offline',
    wasm: true,
    show: async (page, person, watch) => {
      watch.forgive(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED/);
      await open(page, '/login');
      await page.context().setOffline(true);
      await signIn(page, person.username, person.password);
      await expectAlert(page, OFFLINE);
      await page.context().setOffline(false);
    },
  },
  {
    name: 'sign-in, server trouble',
    refusals: [502],
    wasm: true,
    show: async (page, person) => {
      await page.route('**/rpc/sign_in', (route) => route.fulfill({ status: 502, body: '<h1>Bad gateway</h1>' }));
      await open(page, '/login');
      await signIn(page, person.username, person.password);
      await expectAlert(page, 'This does not work at the moment. Try again in a minute.');
    },
  },
  {
    name: 'sign-in, password shown',
    wasm: true,
    show: async (page) => {
      await open(page, '/login');
      await fillSignIn(page, 'ada', 'shown for a moment');
      await submit(page, 'Show password');
      await expect(field(page, 'Password')).toHaveAttribute('type', 'text');
    },
  },
  {
    name: 'sign-in, sent there from the profile',
    show: async (page) => {
      await open(page, '/profile');
      await expectHeading(page, 'Sign in');
    },
  },
  {
    name: 'sign-in, just signed out',
    show: async (page, person) => {
      await profile(page, person);
      await signOut(page);
    },
  },
  { name: 'registration', show: (page) => open(page, '/register') },
  {
    name: 'registration, a free username and a password with a name in it',
    wasm: true,
    show: async (page, person) => {
      await open(page, '/register');
      await fillRegistration(page, { ...person, password: 'lovelace' });
      await expect(sentence(page, 'Nobody has this username yet.')).toBeVisible();
      await expect(sentence(page, 'Leave out your own name: it is what guessers try first.')).toBeVisible();
    },
  },
  {
    name: 'registration, a taken username and too few characters',
    wasm: true,
    show: async (page, person) => {
      await signUp(page.context(), person);
      await page.context().clearCookies();
      await open(page, '/register');
      await fillRegistration(page, { ...person, password: 'short' });
      await field(page, 'Password').press('Shift+Tab');
      await expectProblem(field(page, 'Username'), 'That username is taken. Try another.');
      await expect(sentence(page, 'This is still too short: it takes at least 8 characters.')).toBeVisible();
    },
  },
  {
    name: 'registration, closed',
    show: async (page) => {
      await open(page, 'http://127.0.0.1:3118/register');
      await expectHeading(page, 'Registration is closed');
    },
  },
  {
    name: 'registration, every field wrong',
    refusals: [422],
    show: async (page) => {
      await open(page, '/register');
      await fillRegistration(page, { email: 'nobody', username: 'a b', firstName: 'x'.repeat(101), lastName: '\u202e', password: 'short' });
      await submit(page, 'Create account');
      await expectProblem(field(page, 'Password'), 'Use at least 8 characters.');
    },
  },
  {
    name: 'registration, e-mail address and username taken',
    refusals: [422],
    show: async (page, person) => {
      await signUp(page.context(), person);
      await page.context().clearCookies();
      await open(page, '/register');
      await fillRegistration(page, person);
      await submit(page, 'Create account');
      await expectProblem(field(page, 'Username'), 'That username is taken. Try another.');
    },
  },
  { name: 'password link', show: followLink },
  {
    name: 'password link, refused, a long username',
    refusals: [422],
    show: async (page, person) => {
      await followLink(page, { ...person, username: person.username.padEnd(64, 'w') });
      await field(page, 'New password').fill('short');
      await submit(page, 'Set password');
      await expectProblem(field(page, 'New password'), 'Use at least 8 characters.');
    },
  },
  {
    name: 'password link, on its way',
    wasm: true,
    show: async (page, person) => {
      await page.route('**/rpc/set_password', () => gate().opened);
      await followLink(page, person);
      await field(page, 'New password').fill(newPassword());
      await submit(page, 'Set password');
      await expect(button(page, 'Setting your password…')).toBeVisible();
    },
  },
  {
    name: 'password link, replaced meanwhile',
    refusals: [410],
    wasm: true,
    show: async (page, person) => {
      await followLink(page, person);
      passwordLink(person.username);
      await field(page, 'New password').fill(newPassword());
      await submit(page, 'Set password');
      await expectAlert(page, 'This link does not work any more. Ask whoever gave it to you for a new one.');
    },
  },
  {
    name: 'password link, used',
    show: async (page, person) => {
      await followLink(page, person);
      await field(page, 'New password').fill(newPassword());
      await submit(page, 'Set password');
      await expectNotice(page, 'Your password is set. Sign in with it.');
    },
  },
  {
    name: 'password link that does not work',
    refusals: [410],
    show: async (page) => {
      await open(page, '/set-password');
      await expectHeading(page, 'This link does not work any more');
    },
  },
  {
    name: 'profile, welcome',
    show: async (page, person) => {
      await open(page, '/register');
      await fillRegistration(page, person);
      await submit(page, 'Create account');
      await expectNotice(page, 'Welcome! Your account is ready.');
    },
  },
  {
    name: 'profile, nothing optional given',
    show: (page, person) => profile(page, { ...person, firstName: '', lastName: '' }),
  },
  {
    name: 'profile, everything as long as it may be',
    show: (page, person) =>
      profile(page, {
        ...person,
        username: person.username.padEnd(64, 'w'),
        email: person.email.replace('@', `${'m'.repeat(40)}@`).replace('example', `${'a'.repeat(60)}.${'b'.repeat(60)}.example`),
        firstName: 'W'.repeat(100),
        lastName: 'Ж'.repeat(100),
      }),
  },
  {
    name: 'profile, details refused',
    refusals: [422],
    show: async (page, person) => {
      await profile(page, person);
      await field(panel(page, 'Details'), 'Username').fill('a b');
      await field(panel(page, 'Details'), 'Last name (optional)').fill('x'.repeat(101));
      await submit(page, 'Save details');
      await expectProblem(field(panel(page, 'Details'), 'Username'), 'Use only letters, digits, - and _.');
    },
  },
  {
    name: 'profile, e-mail address refused',
    refusals: [422],
    show: async (page, person) => {
      await profile(page, person);
      await field(panel(page, 'E-mail address'), 'E-mail address').fill('nobody');
      await submit(page, 'Change e-mail address');
      await expectProblem(field(panel(page, 'E-mail address'), 'E-mail address'), 'Enter an e-mail address like name@example.com.');
    },
  },
  {
    name: 'profile, password refused',
    refusals: [422],
    show: async (page, person) => {
      await profile(page, person);
      await field(panel(page, 'Password'), 'New password').fill('short');
      await submit(page, 'Change password');
      await expectProblem(field(panel(page, 'Password'), 'New password'), 'Use at least 8 characters.');
    },
  },
  {
    name: 'profile, deletion refused',
    refusals: [422],
    show: async (page, person) => {
      await profile(page, person);
      await submit(page, 'Delete my account');
      await expectProblem(field(panel(page, 'Delete account'), 'I want my account to be deleted for good'), 'Tick this box to go on.');
    },
  },
  {
    name: 'profile, signed out meanwhile',
    refusals: [401],
    wasm: true,
    show: async (page, person) => {
      await profile(page, person);
      await page.context().clearCookies();
      await field(panel(page, 'Password'), 'Current password').fill(person.password);
      await field(panel(page, 'Password'), 'New password').fill(newPassword());
      await submit(page, 'Change password');
      await expectAlert(page, ...SIGNED_OUT);
    },
  },
  {
    name: 'profile, signing out while offline',
    wasm: true,
    show: async (page, person, watch) => {
      watch.forgive(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED/);
      await profile(page, person);
      await page.context().setOffline(true);
      await submit(page, 'Sign out');
      await expectAlert(page, OFFLINE);
      await page.context().setOffline(false);
    },
  },
  {
    name: 'profile, signing out for long',
    wasm: true,
    show: async (page, person) => {
      await page.route('**/rpc/sign_out', () => gate().opened);
      await page.clock.install();
      await profile(page, person);
      await submit(page, 'Sign out');
      await page.clock.runFor(5_100);
      await expect(sentence(page.getByRole('banner'), 'This is taking longer than usual. Please wait.')).toBeVisible();
    },
  },
  {
    name: 'sessions, only this one',
    show: async (page, person) => {
      await signUp(page.context(), person);
      await open(page, '/sessions');
      await expectHeading(page, 'Where you are signed in');
    },
  },
  {
    name: 'sessions, others and why some have ended',
    show: async (page, person) => {
      await severalSessions(page, person);
      await open(page, '/sessions');
      await expect(button(page, 'Sign out everywhere else')).toBeVisible();
    },
  },
  {
    name: 'sessions, one just signed out',
    show: async (page, person) => {
      await severalSessions(page, person);
      await open(page, '/sessions');
      await button(page, 'Sign out: …').first().click();
      await expectNotice(page, 'It is signed out.');
    },
  },
  {
    name: 'sessions, one on its way out',
    wasm: true,
    show: async (page, person) => {
      await page.route('**/rpc/end_sessions', () => gate().opened);
      await severalSessions(page, person);
      await open(page, '/sessions');
      await button(page, 'Sign out: …').first().click();
      await expect(page.getByRole('button', { name: words(page, 'Sign out: …'), disabled: true })).toHaveCount(1);
    },
  },
  {
    name: 'sessions, signed out meanwhile',
    refusals: [401],
    wasm: true,
    show: async (page, person) => {
      await severalSessions(page, person);
      await open(page, '/sessions');
      await page.context().clearCookies();
      await submit(page, 'Sign out everywhere else');
      await expectAlert(page, ...SIGNED_OUT);
    },
  },
  {
    name: 'accessibility',
    show: async (page) => {
      await open(page, '/accessibility');
      await expectHeading(page, 'Accessibility');
    },
  },
  {
    name: 'no such page, signed out',
    refusals: [404],
    show: async (page) => {
      await open(page, '/no/such/page');
      await expectHeading(page, 'Page not found');
    },
  },
  {
    name: 'no such page, signed in',
    refusals: [404],
    show: async (page, person) => {
      await signUp(page.context(), person);
      await open(page, '/no/such/page');
      await expectHeading(page, 'Page not found');
    },
  },
  {
    name: 'error page',
    refusals: [415],
    show: async (page) => {
      await open(page, '/login');
      // No form of ours is sent like this, so that none of our pages answers it.
      await page.evaluate(() => {
        const form = Object.assign(document.createElement('form'), { method: 'post', enctype: 'text/plain', action: '/login' });
        document.body.append(form);
        form.submit();
      });
      await expectHeading(page, 'Something went wrong');
    },
  },
];

/** Those that the server renders by itself. */
export const renderedStates = states.filter((state) => !state.wasm && state.refusals);
