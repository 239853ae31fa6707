/** A password manager finds its way: Chromium's own, with a password that it has kept, fills the sign-in page by itself. */
import { createCipheriv, pbkdf2Sync } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { chromium, type BrowserContext } from '@playwright/test';
import { expect, expectHeading, field, open, panel, prepare, signUp, submit, test, type Person, type Watch } from './support';

/** As Chromium keeps passwords where no keyring is (`--password-store=basic`): os_crypt's version 10, with its fixed key. */
function sealed(password: string): string {
  const cipher = createCipheriv('aes-128-cbc', pbkdf2Sync('peanuts', 'saltysalt', 1, 16, 'sha1'), Buffer.alloc(16, ' '));
  return Buffer.concat([Buffer.from('v10'), cipher.update(password, 'utf8'), cipher.final()]).toString('hex');
}

/** Puts a login into the profile's database, whatever columns this Chromium's has. */
const KEEP = `
import sqlite3, sys
file, origin, username, password = sys.argv[1:]
database = sqlite3.connect(file)
values = {"origin_url": origin + "/login", "action_url": origin + "/login", "username_element": "username", "username_value": username,
          "password_element": "password", "password_value": bytes.fromhex(password), "signon_realm": origin + "/"}
for _, name, kind, needed, default, _ in database.execute("PRAGMA table_info(logins)").fetchall():
    if needed and default is None and name not in values and name != "id":
        values[name] = b"" if kind == "BLOB" else "" if kind == "VARCHAR" else 0
columns = ", ".join(values)
database.execute(f"INSERT INTO logins ({columns}) VALUES ({', '.join('?' * len(values))})", list(values.values()))
database.commit()
`;

test.describe('a browser that has kept the password', () => {
  let context: BrowserContext;

  /** A browser with a profile on disk, first without the login, then with it. */
  async function browserOf(person: Person, origin: string, watch: Watch): Promise<BrowserContext> {
    const { launchOptions } = test.info().project.use;
    const profile = test.info().outputPath('profile');
    // It is automation that Chromium keeps no passwords for; being filled is what is tested here.
    const options = { ...launchOptions, ignoreDefaultArgs: ['--enable-automation'], baseURL: origin, locale: 'en-US' };
    const launch = async (): Promise<BrowserContext> => {
      const context = await chromium.launchPersistentContext(profile, options);
      await prepare(context, watch, { wasm: 'allowed', language: 'en', scripts: true });
      return context;
    };
    const first = await launch();
    await open(await first.newPage(), '/login');
    await first.close();
    execFileSync('python3', ['-c', KEEP, join(profile, 'Default', 'Login Data'), origin, person.username, sealed(person.password)]);
    return launch();
  }

  test.afterEach(() => context?.close());

  test('is filled in at the sign-in page, and one press signs in', async ({ person, newContext, baseURL, watch }) => {
    await signUp(await newContext(), person);
    context = await browserOf(person, baseURL ?? '', watch);
    const page = await context.newPage();
    await open(page, '/login');
    await expect(page.locator('input:autofill')).toHaveCount(2);
    await submit(page, 'Sign in');
    await expectHeading(page, 'Your profile');
  });

  test('leaves the registration alone', async ({ person, baseURL, watch }) => {
    context = await browserOf(person, baseURL ?? '', watch);
    const page = await context.newPage();
    await open(page, '/login');
    await expect(page.locator('input:autofill')).toHaveCount(2);
    await open(page, '/register');
    await field(page, 'E-mail address').click();
    await expect(field(page, 'Password')).toHaveValue('');
    await expect(page.locator('input[type=password]:autofill')).toHaveCount(0);
  });
});

test('every password says whose it is, whether it is new, and what it may be', async ({ page, person }) => {
  const rules = 'minlength: 8; maxlength: 256; allowed: unicode;';
  await open(page, '/register');
  await expect(field(page, 'Password')).toHaveAttribute('autocomplete', 'new-password');
  await expect(field(page, 'Password')).toHaveAttribute('passwordrules', rules);
  await expect(field(page, 'Username')).toHaveAttribute('autocomplete', 'username');
  await signUp(page.context(), person);
  await open(page, '/profile');
  await expect(field(panel(page, 'Password'), 'New password')).toHaveAttribute('passwordrules', rules);
  for (const name of ['E-mail address', 'Password', 'Delete account'] as const) {
    await expect(panel(page, name).locator('input[autocomplete=username]')).toHaveValue(person.username);
    await expect(field(panel(page, name), 'Current password')).toHaveAttribute('autocomplete', 'current-password');
  }
});
