/**
 * The main job, as one person lives it. The same spec runs with JavaScript, without it, and with WebAssembly blocked
 * (projects of playwright.config.ts); every expected status is therefore the same in all three.
 */
import { expect, expectHeading, expectNotice, expectProblem, field, fillRegistration, hydrated, newPassword, newPerson, open, panel, signIn, signOut, submit, test } from './support';

test('a person registers, signs in, changes everything about their account and deletes it', async ({ page, person, newContext, watch }) => {
  test.setTimeout(60_000);
  const renamed = { ...newPerson(), firstName: 'Grace', lastName: 'Hopper' };

  await test.step('registering leads to the profile, signed in and welcome', async () => {
    await open(page, '/register');
    await fillRegistration(page, person);
    await submit(page, 'Create account');
    await expectNotice(page, 'Welcome! Your account is ready.');
    await expect(page).toHaveURL('/profile');
    await expect(page).toHaveTitle('Your profile · Latchkey');
    await expect(page.getByRole('link', { name: `Signed in as ${person.username}` })).toBeVisible();
    await expect(panel(page, 'Account')).toMatchAriaSnapshot(`
      - heading "Account" [level=2]
      - term: Username
      - definition: ${person.username}
      - term: E-mail address
      - definition: ${person.email}
      - term: Name
      - definition: Ada Lovelace
      - term: Roles
      - definition: User
      - term: Created
      - definition:
        - time: /\\d+/
      - term: Last sign-in
      - definition:
        - time: /\\d+/
      - term: Account number
      - definition: /^\\d+$/
    `);
    await expect(field(panel(page, 'Details'), 'Username')).toHaveValue(person.username);
    await expect(field(panel(page, 'E-mail address'), 'E-mail address')).toHaveValue(person.email);
  });

  await test.step('the welcome is said once', async () => {
    await page.reload();
    await expectHeading(page, 'Your profile');
    await expect(page.getByRole('status')).toHaveCount(0);
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
    await expect(page.getByRole('link', { name: `Signed in as ${renamed.username}` })).toBeVisible();
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
    await page.getByRole('link', { name: 'See where you are signed in' }).click();
    await expectHeading(page, 'Where you are signed in');
    await expect(page.getByText('This is where you are now')).toHaveCount(1);
    const end = page.getByRole('button', { name: /^Sign out: Chrome on / });
    await expect(end).toHaveCount(1);
    await end.click();
    await expectNotice(page, 'It is signed out.');
    await expect(page).toHaveURL('/sessions');
    await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
    await expect(page.getByText('You signed it out from somewhere else.')).toBeVisible();
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
    await expect(elsewhere.getByRole('alert')).toHaveText('That username, e-mail address or password is not right. Try again.');
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
    const tick = deletion.getByRole('checkbox', { name: 'I want my account to be deleted for good' });
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
    await expect(page.getByRole('alert')).toHaveText('That username, e-mail address or password is not right. Try again.');
    await elsewhere.reload();
    await expectHeading(elsewhere, 'Sign in');
  });
});
