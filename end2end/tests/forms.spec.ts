/** What the forms promise: refusals at their fields, nothing typed is lost, nothing secret comes back, nothing is sent twice. */
import type { Page } from '@playwright/test';
import { expect, expectHeading, expectNoProblem, expectNotice, expectProblem, field, fillRegistration, fillSignIn, gate, guessTooOften, hydrated, newPassword, open, panel, signIn, signOut, signUp, submit, test } from './support';

const NOT_RIGHT = 'That username, e-mail address or password is not right. Try again.';

/** Remembers in the page itself that it is still the same one. */
async function mark(page: Page): Promise<void> {
  await page.evaluate(() => Object.assign(window, { marked: true }));
}

async function expectSamePage(page: Page): Promise<void> {
  expect(await page.evaluate(() => 'marked' in window), 'no page was loaded').toBe(true);
}

async function expectSignInFilled(page: Page, login: string, password: string): Promise<void> {
  await expect(field(page, 'Username or e-mail address')).toHaveValue(login);
  await expect(field(page, 'Password')).toHaveValue(password);
}

// --- refusals: the same with WASM and without scripts

for (const scripts of [true, false]) {
  test.describe(scripts ? 'with WASM' : 'without scripts', () => {
    test.use({ javaScriptEnabled: scripts });

    test('a refused registration tells each field what is wrong, keeps what was typed and forgets the password', async ({ page, person, watch }) => {
      await open(page, '/register');
      if (scripts) await mark(page);
      watch.expectRefusals(422);
      await fillRegistration(page, { ...person, email: 'nobody', username: 'a b', password: 'canary-' });
      await submit(page, 'Create account');

      await expectProblem(field(page, 'E-mail address'), 'Enter an e-mail address like name@example.com.');
      await expectProblem(field(page, 'Username'), 'Use only letters, digits, - and _.');
      await expectProblem(field(page, 'Password'), 'Use at least 8 characters.');
      await expectNoProblem(field(page, 'First name (optional)'));
      await expect(field(page, 'E-mail address')).toBeFocused();
      await expect(field(page, 'E-mail address')).toHaveValue('nobody');
      await expect(field(page, 'Username')).toHaveValue('a b');
      await expect(field(page, 'First name (optional)')).toHaveValue(person.firstName);
      await expect(field(page, 'Last name (optional)')).toHaveValue(person.lastName);
      await expect(field(page, 'Password')).toHaveValue('');
      await expect(page).toHaveURL('/register');
      if (scripts) await expectSamePage(page);
      else await expect(page).toHaveTitle('Error: Create your account · Latchkey');
    });

    test('a problem goes away once its field is right, and the next wrong field has the focus', async ({ page, person, watch }) => {
      await open(page, '/register');
      watch.expectRefusals(422, 422);
      await fillRegistration(page, { ...person, email: 'nobody', password: 'short' });
      await submit(page, 'Create account');
      await expectProblem(field(page, 'E-mail address'), 'Enter an e-mail address like name@example.com.');
      await hydrated(page);
      await field(page, 'E-mail address').fill(person.email);
      await submit(page, 'Create account');
      await expectNoProblem(field(page, 'E-mail address'));
      await expectProblem(field(page, 'Password'), 'Enter your password.');
      await expect(field(page, 'Password')).toBeFocused();
    });

    test('a taken e-mail address and a taken username are both named at once', async ({ page, person, newContext, watch }) => {
      await signUp(await newContext(), person);
      await open(page, '/register');
      watch.expectRefusals(422);
      await fillRegistration(page, { ...person, email: person.email.toUpperCase() });
      await submit(page, 'Create account');
      await expectProblem(field(page, 'E-mail address'), 'There is an account with that e-mail address already. Sign in, or use another.');
      await expectProblem(field(page, 'Username'), 'That username is taken. Try another.');
    });

    test('LOG-5 after too many wrong passwords the form says kindly when to try again, and a device that was used before still works', async ({ page, person, newContext, watch }) => {
      const known = await newContext();
      await signUp(known, person);
      await open(page, '/login');
      if (scripts) await mark(page);
      await guessTooOften(page.context(), person.username);
      watch.expectRefusals(429);
      await signIn(page, person.username, person.password);
      await expect(page.getByRole('alert')).toHaveText(
        /^That was a lot of tries, so let us pause\. Try again in \d+ seconds\. A device that you have signed in on before may still work, and so does a link to set a new password\.$/,
      );
      await expect(page.getByRole('alert')).toBeFocused();
      await expect(field(page, 'Username or e-mail address')).toHaveValue(person.username);
      await expect(field(page, 'Password')).toHaveValue('');
      if (scripts) await expectSamePage(page);

      const own = await known.newPage();
      await open(own, '/profile');
      await signOut(own);
      await signIn(own, person.username, person.password);
      await expectHeading(own, 'Your profile');
    });

    test('a wrong password and an unknown person are refused in the same words, and the username stays', async ({ page, person, newContext, watch }) => {
      await signUp(await newContext(), person);
      await open(page, '/login');
      if (scripts) await mark(page);
      for (const login of [person.username, `not-${person.username}`]) {
        watch.expectRefusals(401);
        await signIn(page, login, newPassword());
        await expect(page.getByRole('alert')).toHaveText(NOT_RIGHT);
        await expect(page.getByRole('alert')).toBeFocused();
        await expectSignInFilled(page, login, '');
        await expectNoProblem(field(page, 'Password'));
      }
      if (scripts) await expectSamePage(page);
    });

    test('nothing typed at all is refused at the fields', async ({ page, watch }) => {
      await open(page, '/login');
      watch.expectRefusals(422);
      await submit(page, 'Sign in');
      await expectProblem(field(page, 'Username or e-mail address'), 'Enter your username.');
      await expectProblem(field(page, 'Password'), 'Enter your password.');
      await expect(field(page, 'Username or e-mail address')).toBeFocused();
    });

    test('a refused form of the profile leaves the other forms alone', async ({ page, person, watch }) => {
      await signUp(page.context(), person);
      await open(page, '/profile');
      watch.expectRefusals(422);
      const [details, email, password] = [panel(page, 'Details'), panel(page, 'E-mail address'), panel(page, 'Password')];
      await field(details, 'First name (optional)').fill('Grace');
      await field(details, 'Username').fill('a b');
      await submit(details, 'Save details');
      await expectProblem(field(details, 'Username'), 'Use only letters, digits, - and _.');
      await expect(field(details, 'Username')).toBeFocused();
      await expect(field(details, 'Username')).toHaveValue('a b');
      await expect(field(details, 'First name (optional)')).toHaveValue('Grace');
      await expectNoProblem(field(email, 'Current password'));
      await expectNoProblem(field(password, 'Current password'));
      await expect(field(email, 'E-mail address')).toHaveValue(person.email);
      await expect(page.getByRole('link', { name: `Signed in as ${person.username}` })).toBeVisible();
    });

    test('of two wrong fields the upper one has the focus, and the one that is mended says nothing more', async ({ page, person, watch }) => {
      await signUp(page.context(), person);
      await open(page, '/profile');
      watch.expectRefusals(422, 422);
      const details = panel(page, 'Details');
      await field(details, 'Username').fill('a b');
      await field(details, 'First name (optional)').fill('x'.repeat(101));
      await submit(details, 'Save details');
      await expectProblem(field(details, 'Username'), 'Use only letters, digits, - and _.');
      await expectProblem(field(details, 'First name (optional)'), 'Use at most 100 characters.');
      await expect(field(details, 'Username')).toBeFocused();
      await field(details, 'Username').fill(person.username);
      await submit(details, 'Save details');
      await expect(field(details, 'First name (optional)')).toBeFocused();
      await expectNoProblem(field(details, 'Username'));
      await expectProblem(field(details, 'First name (optional)'), 'Use at most 100 characters.');
    });

    test('a new password that is too short is refused beside a right current one, and neither comes back', async ({ page, person, watch }) => {
      await signUp(page.context(), person);
      await open(page, '/profile');
      watch.expectRefusals(422);
      const password = panel(page, 'Password');
      await field(password, 'Current password').fill(person.password);
      await field(password, 'New password').fill('short');
      await submit(password, 'Change password');
      await expectProblem(field(password, 'New password'), 'Use at least 8 characters.');
      await expectNoProblem(field(password, 'Current password'));
      await expect(field(password, 'New password')).toBeFocused();
      await expect(field(password, 'New password')).toHaveValue('');
      await expect(field(password, 'Current password')).toHaveValue('');
    });

    test('markup in a field stays text', async ({ page, person }) => {
      const name = '<img src=x onerror=alert(1)>"\'&amp;';
      await signUp(page.context(), { ...person, firstName: name, lastName: '' });
      await open(page, '/profile');
      await expect(panel(page, 'Account')).toContainText(name);
      await expect(field(panel(page, 'Details'), 'First name (optional)')).toHaveValue(name);
      await expect(page.getByRole('img')).toHaveCount(0);
    });

    test('an address with ?__err= and ?__path= is like any other, and no refusal makes one', async ({ page, person, watch }) => {
      const forged = '?__err=ImludmFsaWRfY3JlZGVudGlhbHMi&__path=%2Frpc%2Fsign_in&__err=forged-words';
      for (const path of ['/login', '/register']) {
        const answer = await page.goto(path + forged);
        await hydrated(page);
        expect(await answer?.text()).not.toMatch(/__err|__path|ImludmFsaWRf|forged-words/);
        await expect(page.getByRole('alert')).toHaveCount(0);
        expect(await page.content()).not.toMatch(/__err|__path|ImludmFsaWRf|forged-words/);
      }
      watch.expectRefusals(401);
      await open(page, '/login');
      await signIn(page, person.username, person.password);
      await expect(page.getByRole('alert')).toHaveText(NOT_RIGHT);
      await expect(page).toHaveURL('/login');
    });

    test('who is signed in and opens sign-in or registration is shown the profile', async ({ page, person }) => {
      await signUp(page.context(), person);
      for (const path of ['/login', '/register', '/', '/login?next=//evil.example']) {
        await open(page, path);
        await expectHeading(page, 'Your profile');
        await expect(page).toHaveURL('/profile');
      }
    });

    test('after signing in nobody is sent to another site', async ({ page, person, newContext }) => {
      await signUp(await newContext(), person);
      const foreign = ['//evil.example', '/\\evil.example', 'https://evil.example/profile', 'javascript:alert(1)', '/\t/evil.example', 'evil.example'];
      for (const next of foreign) {
        await page.context().clearCookies();
        await open(page, `/login?next=${encodeURIComponent(next)}`);
        await signIn(page, person.username, person.password);
        await expectHeading(page, 'Your profile');
        await expect(page).toHaveURL('/profile');
      }
    });

    test('a refused sign-in still knows where to go on to', async ({ page, person, newContext, watch }) => {
      await signUp(await newContext(), person);
      await open(page, '/profile');
      watch.expectRefusals(401, 404);
      await open(page, '/login?next=%2Fprofile%2Fdoor');
      await signIn(page, person.username, newPassword());
      await expect(page.getByRole('alert')).toHaveText(NOT_RIGHT);
      await signIn(page, person.username, person.password);
      await expectHeading(page, 'Page not found');
      await expect(page).toHaveURL('/profile/door');
    });

    test('who was signed out meanwhile can still sign out', async ({ page, person }) => {
      await signUp(page.context(), person);
      await open(page, '/profile');
      await page.context().clearCookies();
      await submit(page, 'Sign out');
      await expectHeading(page, 'Sign in');
    });

    test('going back after signing out shows nothing of the profile', async ({ page, person }) => {
      await signUp(page.context(), person);
      await open(page, '/profile');
      await signOut(page);
      await page.goBack();
      await expectHeading(page, 'Sign in');
      await expect(page.getByText(person.email)).toHaveCount(0);
      expect(await page.content()).not.toContain(person.username);
    });
  });
}

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('a form refused for its fields comes back with 422, a refused sign-in with 401', async ({ page, person, watch }) => {
    watch.expectRefusals(422, 401);
    await open(page, '/register');
    const registration = page.waitForResponse((response) => response.request().method() === 'POST');
    await fillRegistration(page, { ...person, email: 'nobody' });
    await submit(page, 'Create account');
    const refusal = await registration;
    expect(refusal.status()).toBe(422);
    expect(await refusal.text()).toContain('value="nobody"');
    expect(await refusal.text()).not.toContain(person.password);

    await open(page, '/login');
    const signingIn = page.waitForResponse((response) => response.request().method() === 'POST');
    await signIn(page, person.username, person.password);
    expect((await signingIn).status()).toBe(401);
    await expectSignInFilled(page, person.username, '');
  });

  test('who was signed out meanwhile is led to signing in and back', async ({ page, person }) => {
    await signUp(page.context(), person);
    await open(page, '/profile');
    await page.context().clearCookies();
    await submit(page, 'Save details');
    await expectHeading(page, 'Sign in');
    await expect(page).toHaveURL('/login?next=/profile');
    await signIn(page, person.username, person.password);
    await expectHeading(page, 'Your profile');
  });

  test('what only works with WASM is not offered', async ({ page }) => {
    await open(page, '/login');
    await expect(field(page, 'Remember my username on this device')).toBeHidden();
    await expect(field(page, 'Keep me signed in')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Show password' })).toHaveCount(0);
  });
});

test('without scripts nothing is fetched that only scripts need', async ({ newContext }) => {
  const page = await (await newContext({ javaScriptEnabled: false })).newPage();
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
  await page.goto('/login');
  expect(fetched).toContain('/login');
  expect(fetched.filter((path) => /\.(js|wasm)$/.test(path))).toEqual([]);
});

test.describe('where WebAssembly is switched off', () => {
  test.use({ wasm: 'blocked' });

  test('nothing of it is fetched, and what needs it is not offered', async ({ page, person, newContext }) => {
    await signUp(await newContext(), person);
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
    // Lockdown Mode and Edge's enhanced security leave no such name.
    await page.addInitScript(() => Reflect.deleteProperty(window, 'WebAssembly'));
    await open(page, '/login');
    await expect(field(page, 'Remember my username on this device')).toBeHidden();
    await expect(field(page, 'Keep me signed in')).toBeVisible();
    await signIn(page, person.username, person.password);
    await expectHeading(page, 'Your profile');
    expect(fetched.filter((path) => path.endsWith('.wasm'))).toEqual([]);
  });
});

// --- comfort: with WASM only

test('while a form is on its way it says so, and a second press sends nothing more', async ({ page, person, newContext }) => {
  await signUp(await newContext(), person);
  const answer = gate();
  let requests = 0;
  await page.route('**/rpc/sign_in', async (route) => {
    requests += 1;
    await answer.opened;
    await route.continue();
  });
  await open(page, '/login');
  await signIn(page, person.username, person.password);

  const pending = page.getByRole('button', { name: 'Signing in…' });
  await expect(pending).toBeDisabled();
  await expect(pending).toBeFocused();
  await page.keyboard.press('Enter');
  await pending.dispatchEvent('click');
  await field(page, 'Password').press('Enter');
  answer.open();
  await expectHeading(page, 'Your profile');
  expect(requests).toBe(1);
});

test('without a connection a form says so, keeps what was typed, and works once it is back', async ({ page, person, watch }) => {
  watch.forgive(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED/);
  await open(page, '/register');
  await mark(page);
  await fillRegistration(page, person);
  await page.context().setOffline(true);
  await submit(page, 'Create account');
  await expect(page.getByRole('alert')).toHaveText('We could not reach the server. Check your connection and try again.');
  await expect(page.getByRole('alert')).toBeFocused();
  await expect(field(page, 'E-mail address')).toHaveValue(person.email);
  await expect(field(page, 'Username')).toHaveValue(person.username);
  await expectSamePage(page);

  await page.context().setOffline(false);
  await field(page, 'Password').fill(person.password);
  await submit(page, 'Create account');
  await expectNotice(page, 'Welcome! Your account is ready.');
});

for (const { what, status, body, words, isAnswer } of [
  { what: 'that it is busy', status: 503, body: JSON.stringify({ error: { busy: { retry_after_seconds: 30 } }, message: 'Too much is going on at once. Try again in 30 seconds.', fields: [] }), words: 'Too much is going on at once. Try again in 30 seconds.', isAnswer: true },
  { what: 'that the fault is its own', status: 500, body: JSON.stringify({ error: 'internal', message: 'Something went wrong on our side. Try again in a moment.', fields: [] }), words: 'Something went wrong on our side. Try again in a moment.', isAnswer: true },
  { what: 'something from a proxy in between', status: 502, body: '<h1>Bad gateway</h1>', words: 'This does not work at the moment. Try again in a minute.', isAnswer: false },
  { what: 'yes in words that make no sense', status: 200, body: '{"redirect_to":"//evil.example"}', words: 'This does not work at the moment. Try again in a minute.', isAnswer: false },
]) {
  test(`when the server says ${what}, the form tells it and keeps the username${isAnswer ? '' : ' and the password'}`, async ({ page, person, watch }) => {
    if (status >= 400) watch.expectRefusals(status);
    await page.route('**/rpc/sign_in', (route) => route.fulfill({ status, body }));
    await open(page, '/login');
    await signIn(page, person.username, person.password);
    await expect(page.getByRole('alert')).toHaveText(words);
    // What no answer of ours came to may be sent again as it is.
    await expectSignInFilled(page, person.username, isAnswer ? '' : person.password);
    await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeEnabled();
    await expect(page).toHaveURL('/login');
  });
}

test('who was signed out meanwhile is told so, with the way back', async ({ page, person, watch }) => {
  await signUp(page.context(), person);
  await open(page, '/profile');
  await page.context().clearCookies();
  watch.expectRefusals(401);
  await submit(page, 'Save details');
  const alert = panel(page, 'Details').getByRole('alert');
  await expect(alert).toContainText('You are no longer signed in.');
  await alert.getByRole('link', { name: 'Go to the sign-in page' }).click();
  await signIn(page, person.username, person.password);
  await expectHeading(page, 'Your profile');
});

test('the password can be looked at, and is covered again on its way to the server', async ({ page, person, newContext }) => {
  await signUp(await newContext(), person);
  const answer = gate();
  await page.route('**/rpc/sign_in', async (route) => {
    await answer.opened;
    await route.continue();
  });
  await open(page, '/login');
  await fillSignIn(page, person.username, person.password);
  const reveal = page.getByRole('button', { name: 'Show password' });
  await reveal.click();
  await expect(reveal).toHaveAttribute('aria-pressed', 'true');
  await expect(field(page, 'Password')).toHaveAttribute('type', 'text');
  await submit(page, 'Sign in');
  await expect(field(page, 'Password')).toHaveAttribute('type', 'password');
  answer.open();
  await expectHeading(page, 'Your profile');
});

// --- the remembered username

test('the username is remembered on this device when its owner ticks that, and nothing else is', async ({ page, person, newContext }) => {
  await signUp(await newContext(), person);
  const remember = page.getByRole('checkbox', { name: 'Remember my username on this device' });
  const stored = (): Promise<Record<string, string>> => page.evaluate(() => ({ ...localStorage }));

  await test.step('not ticked, nothing is stored', async () => {
    await open(page, '/login');
    await expect(remember).not.toBeChecked();
    await signIn(page, person.username, person.password);
    await expectHeading(page, 'Your profile');
    expect(await stored()).toEqual({});
    await signOut(page);
    await expectSignInFilled(page, '', '');
  });
  await test.step('ticked, the username is there next time', async () => {
    await remember.check();
    await signIn(page, person.username, person.password);
    await expectHeading(page, 'Your profile');
    expect(await stored()).toEqual({ 'latchkey.username': person.username });
    await signOut(page);
    await expectSignInFilled(page, person.username, '');
    await expect(remember).toBeChecked();
  });
  const renamed = `${person.username}-renamed`;
  await test.step('changed in the profile, it follows', async () => {
    await signIn(page, person.username, person.password);
    await expectHeading(page, 'Your profile');
    await panel(page, 'Details').getByLabel('Username').fill(renamed);
    await submit(page, 'Save details');
    await expectNotice(page, 'Your details are saved.');
    await signOut(page);
    await expectSignInFilled(page, renamed, '');
  });
  await test.step('unticked, it is forgotten', async () => {
    await remember.uncheck();
    await signIn(page, renamed, person.password);
    await expectHeading(page, 'Your profile');
    expect(await stored()).toEqual({});
  });
});

test('a refused sign-in stores no username', async ({ page, person, watch }) => {
  watch.expectRefusals(401);
  await open(page, '/login');
  await page.getByRole('checkbox', { name: 'Remember my username on this device' }).check();
  await signIn(page, person.username, person.password);
  await expect(page.getByRole('alert')).toHaveText(NOT_RIGHT);
  expect(await page.evaluate(() => localStorage.length)).toBe(0);
});

// --- WASM that comes late

/** Opens `path` while its WASM stays on the way until the gate is opened. */
async function openBeforeWasm(page: Page, path: string): Promise<{ letWasmArrive: () => Promise<void> }> {
  const arrival = gate();
  await page.route('**/*.wasm', async (route) => {
    await arrival.opened;
    await route.continue();
  });
  await page.goto(path, { waitUntil: 'commit' });
  return {
    letWasmArrive: async () => {
      arrival.open();
      await hydrated(page);
    },
  };
}

test('what was typed before and while WASM arrives stays, and the form then works', async ({ page, person }) => {
  const { letWasmArrive } = await openBeforeWasm(page, '/register');
  await fillRegistration(page, person);
  await field(page, 'First name (optional)').fill('');
  await field(page, 'First name (optional)').pressSequentially('Augusta ');
  const typing = field(page, 'First name (optional)').pressSequentially('Ada Byron King, Countess of Lovelace', { delay: 10 });
  await Promise.all([typing, letWasmArrive()]);
  await expect(field(page, 'First name (optional)')).toHaveValue('Augusta Ada Byron King, Countess of Lovelace');
  await expect(field(page, 'First name (optional)')).toBeFocused();
  await expect(field(page, 'E-mail address')).toHaveValue(person.email);
  await expect(field(page, 'Username')).toHaveValue(person.username);
  await expect(field(page, 'Password')).toHaveValue(person.password);
  await submit(page, 'Create account');
  await expectNotice(page, 'Welcome! Your account is ready.');
  await expect(panel(page, 'Account')).toContainText('Augusta Ada Byron King, Countess of Lovelace Lovelace');
});

test('one signs in with what was typed while WASM was still on its way', async ({ page, person, newContext }) => {
  await signUp(await newContext(), person);
  const { letWasmArrive } = await openBeforeWasm(page, '/login');
  await field(page, 'Username or e-mail address').fill(person.username);
  const typing = field(page, 'Password').pressSequentially(person.password, { delay: 20 });
  await Promise.all([typing, letWasmArrive()]);
  await expectSignInFilled(page, person.username, person.password);
  await submit(page, 'Sign in');
  await expectHeading(page, 'Your profile');
});

test('a change typed over a known value before WASM arrives stays', async ({ page, person }) => {
  await signUp(page.context(), person);
  const { letWasmArrive } = await openBeforeWasm(page, '/profile');
  await field(panel(page, 'Details'), 'First name (optional)').fill('Grace');
  await panel(page, 'Delete account').getByRole('checkbox').check();
  await letWasmArrive();
  await expect(field(panel(page, 'Details'), 'First name (optional)')).toHaveValue('Grace');
  await expect(panel(page, 'Delete account').getByRole('checkbox')).toBeChecked();
});

test('a remembered username does not overwrite another one typed before WASM arrives', async ({ page }) => {
  await open(page, '/login');
  await page.evaluate(() => localStorage.setItem('latchkey.username', 'remembered'));
  const { letWasmArrive } = await openBeforeWasm(page, '/login');
  await field(page, 'Username or e-mail address').fill('typed');
  await letWasmArrive();
  await expect(field(page, 'Username or e-mail address')).toHaveValue('typed');
});

test('a form sent before WASM arrives is answered as if there were none', async ({ page, person, watch }) => {
  watch.expectRefusals(401);
  await openBeforeWasm(page, '/login');
  await fillSignIn(page, person.username, person.password);
  await submit(page, 'Sign in');
  await expect(page.getByRole('alert')).toHaveText(NOT_RIGHT);
  await expect(page).toHaveTitle('Error: Sign in · Latchkey');
  await expectSignInFilled(page, person.username, '');
});

// --- pages kept in the browser's memory

test('a page that comes back out of the browser\'s memory is not stuck at "Signing in…"', async ({ page, person }) => {
  await page.route('**/rpc/sign_in', () => gate().opened);
  await open(page, '/login');
  await signIn(page, person.username, person.password);
  await expect(page.getByRole('button', { name: 'Signing in…' })).toBeVisible();
  // Playwright switches that memory (bfcache) off; this is what a page hears on its way into it.
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeEnabled();
});
