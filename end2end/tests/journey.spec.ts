/**
 * The main job, and the way back in for who forgot their password, as one person lives them in each language. The same spec runs with
 * JavaScript, without it, with WebAssembly blocked and behind nginx (projects of playwright.config.ts); every expected status is
 * therefore the same in all four.
 */
import { button, expect, expectAlert, expectHeading, expectNotice, expectProblem, field, fillRegistration, hydrated, inEveryLanguage, link, newPassword, newPerson, notice, open, panel, passwordLink, sentence, signIn, signOut, signUp, submit, test, words } from './support';

const WELCOME = 'Welcome! Your account is ready.';
const NOT_RIGHT = 'That username, e-mail address or password is not right. Try again.';

inEveryLanguage(() => {
  test('a person registers, signs in, changes everything about their account and deletes it', async ({ page, person, newContext, watch }) => {
    test.setTimeout(60_000);
    const renamed = { ...newPerson(), firstName: 'Grace', lastName: 'Hopper' };

    await test.step('registering leads to the profile, signed in and welcome', async () => {
      await open(page, '/register');
      await fillRegistration(page, person);
      await submit(page, 'Create account');
      await expectNotice(page, WELCOME);
      await expect(page).toHaveURL('/profile');
      await expect(page).toHaveTitle(words(page, 'Your profile · Latchkey'));
      await expect(link(page, `Signed in as ${person.username}`)).toBeVisible();
      await expect(panel(page, 'Account')).toMatchAriaSnapshot(`
        - heading ${words(page, 'Account')} [level=2]
        - term: ${words(page, 'Username')}
        - definition: ${person.username}
        - term: ${words(page, 'E-mail address')}
        - definition: ${person.email}
        - term: ${words(page, 'Name')}
        - definition: Ada Lovelace
        - term: ${words(page, 'Roles')}
        - definition: ${words(page, 'User')}
        - term: ${words(page, 'Created')}
        - definition:
          - time: /\\d+/
        - term: ${words(page, 'Last sign-in')}
        - definition:
          - time: /\\d+/
        - term: ${words(page, 'Account number')}
        - definition: /^\\d+$/
      `);
      await expect(field(panel(page, 'Details'), 'Username')).toHaveValue(person.username);
      await expect(field(panel(page, 'E-mail address'), 'E-mail address')).toHaveValue(person.email);
    });

    await test.step('the welcome is said once', async () => {
      await page.reload();
      await expectHeading(page, 'Your profile');
      await expect(notice(page, WELCOME)).toHaveCount(0);
    });

    await test.step('signing out and in again', async () => {
      await signOut(page);
      await expect(page).toHaveURL('/login');
      await signIn(page, person.username, person.password);
      await expectHeading(page, 'Your profile');
      await expect(page).toHaveURL('/profile');
    });

    await test.step('changing username and names', async () => {
      const details = panel(page, 'Details');
      await field(details, 'Username').fill(renamed.username);
      await field(details, 'First name (optional)').fill(renamed.firstName);
      await field(details, 'Last name (optional)').fill(renamed.lastName);
      await submit(details, 'Save details');
      await expectNotice(page, 'Your details are saved.');
      await expect(panel(page, 'Account')).toContainText('Grace Hopper');
      await expect(link(page, `Signed in as ${renamed.username}`)).toBeVisible();
    });

    await test.step('changing the e-mail address takes the password', async () => {
      const email = panel(page, 'E-mail address');
      watch.expectRefusals(422);
      await field(email, 'E-mail address').fill(renamed.email);
      await field(email, 'Current password').fill(newPassword());
      await submit(email, 'Change e-mail address');
      await expectProblem(field(email, 'Current password'), 'That is not your current password. Try again.');
      await hydrated(page);
      await expect(field(email, 'E-mail address')).toHaveValue(renamed.email);
      await expect(field(email, 'Current password')).toHaveValue('');
      await expect(panel(page, 'Account')).toContainText(person.email);

      await field(email, 'Current password').fill(person.password);
      await submit(email, 'Change e-mail address');
      await expectNotice(page, 'Your e-mail address is changed.');
      await expect(panel(page, 'Account')).toContainText(renamed.email);
    });

    const elsewhere = await (await newContext()).newPage();
    await test.step('signing in elsewhere, with the new e-mail address', async () => {
      await open(elsewhere, '/login');
      await signIn(elsewhere, renamed.email, person.password);
      await expectHeading(elsewhere, 'Your profile');
    });

    await test.step('the list of sessions shows that one, and signs it out from here', async () => {
      await link(page, 'See where you are signed in').click();
      await expectHeading(page, 'Where you are signed in');
      await expect(sentence(page, 'This is where you are now')).toHaveCount(1);
      const end = button(page, 'Sign out: Chrome on …');
      await expect(end).toHaveCount(1);
      await end.click();
      await expectNotice(page, 'It is signed out.');
      await expect(page).toHaveURL('/sessions');
      await expect(sentence(page, 'You are signed in nowhere else.')).toBeVisible();
      await expect(sentence(page, 'You signed it out from somewhere else.')).toBeVisible();
      await elsewhere.reload();
      await expectHeading(elsewhere, 'Sign in');

      await signIn(elsewhere, renamed.email, person.password);
      await expectHeading(elsewhere, 'Your profile');
      await page.reload();
      await hydrated(page);
      await submit(page, 'Sign out everywhere else');
      await expectNotice(page, 'You are signed out everywhere but here.');
      await elsewhere.reload();
      await expectHeading(elsewhere, 'Sign in');
      await signIn(elsewhere, renamed.email, person.password);
      await open(page, '/profile');
    });

    await test.step('changing the password signs out elsewhere, and only there', async () => {
      const password = panel(page, 'Password');
      await field(password, 'Current password').fill(person.password);
      await field(password, 'New password').fill(renamed.password);
      await submit(password, 'Change password');
      await expectNotice(page, 'Your password is changed. You are signed out everywhere but here.');
      await elsewhere.reload();
      await expectHeading(elsewhere, 'Sign in');
    });

    await test.step('the old password no longer signs in, the new one does', async () => {
      watch.expectRefusals(401);
      await signIn(elsewhere, renamed.username, person.password);
      await expectAlert(elsewhere, NOT_RIGHT);
      await signIn(elsewhere, renamed.username, renamed.password);
      await expectHeading(elsewhere, 'Your profile');
    });

    await test.step('signed out, the profile asks to sign in and comes back', async () => {
      await signOut(page);
      await open(page, '/profile');
      await expect(page).toHaveURL('/login?next=/profile');
      await signIn(page, renamed.email, renamed.password);
      await expectHeading(page, 'Your profile');
      await expect(page).toHaveURL('/profile');
    });

    await test.step('deleting the account takes a tick and the password', async () => {
      const deletion = panel(page, 'Delete account');
      const tick = field(deletion, 'I want my account to be deleted for good');
      watch.expectRefusals(422, 422);
      await field(deletion, 'Current password').fill(renamed.password);
      await submit(deletion, 'Delete my account');
      await expectProblem(tick, 'Tick this box to go on.');
      await hydrated(page);

      await tick.check();
      await field(deletion, 'Current password').fill(person.password);
      await submit(deletion, 'Delete my account');
      await expectProblem(field(deletion, 'Current password'), 'That is not your current password. Try again.');
      await hydrated(page);

      await tick.check();
      await field(deletion, 'Current password').fill(renamed.password);
      await submit(deletion, 'Delete my account');
      await expectNotice(page, 'Your account is deleted. Thank you for having been here.');
      await expect(page).toHaveURL('/login');
    });

    await test.step('a deleted account signs in no more, and is signed in nowhere', async () => {
      watch.expectRefusals(401);
      await signIn(page, renamed.username, renamed.password);
      await expectAlert(page, NOT_RIGHT);
      await elsewhere.reload();
      await expectHeading(elsewhere, 'Sign in');
    });
  });

  test('a link sets a new password once, signs out everywhere and signs in nowhere', async ({ page, person, newContext, watch }) => {
    const elsewhere = await newContext();
    await signUp(elsewhere, person);
    const address = passwordLink(person.username);
    const next = newPassword();

    await open(page, address);
    await expectHeading(page, 'Set a new password');
    await expect(page).toHaveURL('/set-password');
    await expect(page).toHaveTitle(words(page, 'Set a new password · Latchkey'));
    await expect(sentence(page, `For the account ${person.username}`)).toBeVisible();

    watch.expectRefusals(422);
    await field(page, 'New password').fill('short');
    await submit(page, 'Set password');
    await expectProblem(field(page, 'New password'), 'Use at least … characters.');
    await hydrated(page);
    await expect(field(page, 'New password')).toHaveValue('');
    await expect(field(page, 'New password')).toBeFocused();

    await field(page, 'New password').fill(next);
    await submit(page, 'Set password');
    await expectNotice(page, 'Your password is set. Sign in with it.');
    await expect(page).toHaveURL('/login');
    expect(await page.context().cookies()).toEqual([]);

    const profile = await elsewhere.newPage();
    await open(profile, '/profile');
    await expectHeading(profile, 'Sign in');

    watch.expectRefusals(401);
    await signIn(page, person.username, person.password);
    await expectAlert(page, NOT_RIGHT);
    await signIn(page, person.username, next);
    await expectHeading(page, 'Your profile');

    watch.expectRefusals(410);
    await open(page, address);
    await expectHeading(page, 'This link does not work any more');
    await expect(page).toHaveURL('/set-password');
  });
});
