/** Every screen in every state that a person can bring it to. Accessibility is checked and pictures are taken of each. */
import type { Page } from '@playwright/test';
import { expect, expectHeading, expectNotice, field, fillRegistration, fillSignIn, gate, guessTooOften, newPassword, open, panel, passwordLink, signIn, signOut, signUp, submit, test, type Person, type Watch } from './support';

export type State = {
  name: string;
  /** The replies of 400 and above on the way there. */
  refusals?: number[];
  /** Needs WASM: no page of the server shows it. */
  wasm?: true;
  show: (page: Page, person: Person, watch: Watch) => Promise<void>;
};

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
      await expect(page.getByText('Enter your password.')).toBeVisible();
    },
  },
  {
    name: 'sign-in, wrong password',
    refusals: [401],
    show: async (page, person) => {
      await open(page, '/login');
      await signIn(page, person.username, person.password);
      await expect(page.getByRole('alert')).toBeVisible();
    },
  },
  {
    name: 'sign-in, too many tries',
    refusals: [429],
    show: async (page, person) => {
      await guessTooOften(page.context(), person.username);
      await open(page, '/login');
      await signIn(page, person.username, person.password);
      await expect(page.getByRole('alert')).toContainText('Try again in');
    },
  },
  {
    name: 'sign-in, on its way',
    wasm: true,
    show: async (page, person) => {
      await page.route('**/rpc/sign_in', () => gate().opened);
      await open(page, '/login');
      await signIn(page, person.username, person.password);
      await expect(page.getByRole('button', { name: 'Signing in…' })).toBeVisible();
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
      await expect(page.getByRole('alert')).toBeVisible();
      await page.context().setOffline(false);
    },
  },
  {
    name: 'sign-in, password shown',
    wasm: true,
    show: async (page) => {
      await open(page, '/login');
      await fillSignIn(page, 'ada', 'shown for a moment');
      await page.getByRole('button', { name: 'Show password' }).click();
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
      await expect(page.getByText('Use at least 8 characters.')).toBeVisible();
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
      await expect(page.getByText('That username is taken.')).toBeVisible();
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
      await expect(page.getByText('Use at least 8 characters.')).toBeVisible();
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
      await expect(page.getByRole('button', { name: 'Setting your password…' })).toBeVisible();
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
      await expect(page.getByRole('alert')).toBeVisible();
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
    show: (page) => open(page, '/set-password'),
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
      await expect(page.getByText('Use only letters, digits, - and _.')).toBeVisible();
    },
  },
  {
    name: 'profile, e-mail address refused',
    refusals: [422],
    show: async (page, person) => {
      await profile(page, person);
      await field(panel(page, 'E-mail address'), 'E-mail address').fill('nobody');
      await submit(page, 'Change e-mail address');
      await expect(page.getByText('Enter an e-mail address like')).toBeVisible();
    },
  },
  {
    name: 'profile, password refused',
    refusals: [422],
    show: async (page, person) => {
      await profile(page, person);
      await field(panel(page, 'Password'), 'New password').fill('short');
      await submit(page, 'Change password');
      await expect(page.getByText('Use at least 8 characters.')).toBeVisible();
    },
  },
  {
    name: 'profile, deletion refused',
    refusals: [422],
    show: async (page, person) => {
      await profile(page, person);
      await submit(page, 'Delete my account');
      await expect(page.getByText('Tick this box to go on.')).toBeVisible();
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
      await expect(page.getByRole('alert')).toBeVisible();
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
      await expect(page.getByRole('alert')).toBeVisible();
      await page.context().setOffline(false);
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
      await expect(page.getByRole('button', { name: 'Sign out everywhere else' })).toBeVisible();
    },
  },
  {
    name: 'sessions, one just signed out',
    show: async (page, person) => {
      await severalSessions(page, person);
      await open(page, '/sessions');
      await page.getByRole('button', { name: /^Sign out: / }).first().click();
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
      await page.getByRole('button', { name: /^Sign out: / }).first().click();
      await expect(page.getByRole('button', { name: /^Sign out: /, disabled: true })).toHaveCount(1);
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
      await expect(page.getByRole('alert')).toBeVisible();
    },
  },
  {
    name: 'no such page, signed out',
    refusals: [404],
    show: (page) => open(page, '/no/such/page'),
  },
  {
    name: 'no such page, signed in',
    refusals: [404],
    show: async (page, person) => {
      await signUp(page.context(), person);
      await open(page, '/no/such/page');
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
