import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  test as base,
  expect,
  type BrowserContext,
  type BrowserContextOptions,
  type ConsoleMessage,
  type Locator,
  type Page,
} from '@playwright/test';
import { PRODUCTION, type LatchkeyOptions } from '../playwright.config';
import { PASSWORD_FAMILY } from './secrets';
import { LANGUAGES, words as wordsIn, type Language } from './words';

export { expect };

// --- people

export type Person = {
  email: string;
  username: string;
  firstName: string;
  lastName: string;
  password: string;
};

/** Somebody nobody has seen before, so that tests never meet each other in the one database they share. */
export function newPerson(): Person {
  const tail = randomBytes(5).toString('hex');
  return {
    email: `ada.${tail}@example.com`,
    username: `ada-${tail}`,
    firstName: 'Ada',
    lastName: 'Lovelace',
    password: newPassword(),
  };
}

/** A password that the end of the run looks for in the server's log (teardown.ts). */
export function newPassword(): string {
  return `${PASSWORD_FAMILY}${randomBytes(6).toString('hex')}`;
}

// --- the watch over console and network

/**
 * Fails its test on any console error or warning, page error, CSP violation (Chromium reports those on the console), and on
 * any reply of 400 or above that the test did not announce with `expectRefusals`, in this order.
 */
export class Watch {
  readonly #complaints: string[] = [];
  readonly #refused: string[] = [];
  readonly #announced: number[] = [];
  readonly #forgiven: RegExp[] = [];

  /** The replies of 400 and above that the test will cause, in their order. */
  expectRefusals(...statuses: number[]): void {
    this.#announced.push(...statuses);
  }

  /** A line on the console that the test causes on purpose. */
  forgive(line: RegExp): void {
    this.#forgiven.push(line);
  }

  attach(context: BrowserContext): void {
    context.on('response', (response) => {
      if (response.status() >= 400) {
        this.#refused.push(`${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`);
      }
    });
    context.on('console', (message) => {
      if (['error', 'warning', 'assert'].includes(message.type()) && !this.#isForgiven(message)) {
        this.#complaints.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    context.on('weberror', (error) => {
      this.#complaints.push(`page error: ${error.error()}`);
    });
  }

  verify(): void {
    expect.soft(this.#complaints, 'complaints of the browser').toEqual([]);
    const statuses = this.#refused.map((reply) => Number(reply.slice(0, 3)));
    expect.soft(statuses, `refusals: ${this.#refused.join(', ') || 'none'}`).toEqual(this.#announced);
  }

  #isForgiven(message: ConsoleMessage): boolean {
    const line = `${message.text()} ${message.location().url}`;
    // The statuses themselves are compared one by one in verify().
    const status = /^Failed to load resource: the server responded with a status of (\d+)/.exec(line)?.[1];
    return this.#announced.includes(Number(status)) || this.#forgiven.some((pattern) => pattern.test(line));
  }
}

// --- the ways in which a browser may see the pages

type Way = { scripts: boolean; wasm: LatchkeyOptions['wasm']; language: Language };
const ways = new WeakMap<BrowserContext, Way>();

function wayOf(page: Page): Way {
  const way = ways.get(page.context());
  if (!way) throw new Error('This context is not of the fixtures `context` and `newContext`: nobody watches it.');
  return way;
}

/**
 * Waits until WASM has reached every form of the page, or until the page knows that none will come: then its layout changes a
 * last time. Without scripts there is nothing to wait for.
 */
export async function hydrated(page: Page): Promise<void> {
  const { scripts, wasm } = wayOf(page);
  if (!scripts) return;
  if (wasm === 'blocked') await expect(page.locator('html:not(.plain) script')).toHaveCount(0);
  else await expect(page.locator('form[data-rpc]:not([data-hydrated])')).toHaveCount(0);
}

// --- the test itself

type Fixtures = {
  watch: Watch;
  person: Person;
  /** Another browser of the same kind, watched like the first. */
  newContext: (options?: BrowserContextOptions) => Promise<BrowserContext>;
};

export const test = base.extend<LatchkeyOptions & Fixtures>({
  wasm: ['allowed', { option: true }],
  language: ['en', { option: true }],

  // As somebody's browser has it: nothing else tells the server.
  locale: async ({ language }, use) => {
    await use(language === 'ru' ? 'ru-RU' : 'en-US');
  },

  watch: [
    async ({}, use) => {
      const watch = new Watch();
      await use(watch);
      watch.verify();
    },
    { auto: true },
  ],

  context: async ({ context, wasm, language, javaScriptEnabled, watch }, use) => {
    await prepare(context, watch, { wasm, language, scripts: javaScriptEnabled !== false });
    await use(context);
  },

  newContext: async ({ browser, wasm, language, javaScriptEnabled, watch }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      await prepare(context, watch, { wasm, language, scripts: (options.javaScriptEnabled ?? javaScriptEnabled) !== false });
      return context;
    });
    for (const context of contexts) await context.close();
  },

  person: async ({}, use) => {
    await use(newPerson());
  },
});

/** Makes a browser one of ours: watched, and seeing the pages in that way. */
export async function prepare(context: BrowserContext, watch: Watch, way: Way): Promise<void> {
  watch.attach(context);
  ways.set(context, way);
  if (way.wasm === 'blocked') {
    await context.route('**/*.wasm', (route) => route.abort());
    watch.forgive(/^Failed to load resource: net::ERR_FAILED .*\.wasm$/);
  }
}

/** The same tests in each language. */
export function inEveryLanguage(tests: () => void): void {
  for (const language of LANGUAGES) {
    test.describe(language === 'ru' ? 'in Russian' : 'in English', () => {
      test.use({ language });
      tests();
    });
  }
}

// --- screens, by what a person sees of them: named in English, found in the language of the test

/** The whole of one text, or of several behind each other. ` …` stands for anything. */
export function words(within: Page | Locator, ...english: string[]): RegExp {
  return wordsIn(languageOf('page' in within ? within.page() : within), ...english);
}

export function languageOf(page: Page): Language {
  return wayOf(page).language;
}

/** A field by its whole label. */
export function field(within: Page | Locator, label: string): Locator {
  return within.getByLabel(words(within, label));
}

export function button(within: Page | Locator, name: string): Locator {
  return within.getByRole('button', { name: words(within, name) });
}

export function link(within: Page | Locator, name: string): Locator {
  return within.getByRole('link', { name: words(within, name) });
}

/** What says exactly that. */
export function sentence(within: Page | Locator, text: string): Locator {
  return within.getByText(words(within, text));
}

/** A panel of the profile by its heading. */
export function panel(page: Page, name: 'Account' | 'Details' | 'E-mail address' | 'Password' | 'Delete account'): Locator {
  return page.getByRole('region', { name: words(page, name) });
}

export function submit(within: Page | Locator, name: string): Promise<void> {
  return button(within, name).click();
}

/** Goes to one of our pages and waits until it can be used as a person would use it. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await hydrated(page);
}

/** What the page says of something that has just worked. There are other places of this role, where nothing may be said yet. */
export function notice(page: Page, text: string): Locator {
  return page.getByRole('status').filter({ hasText: words(page, text) });
}

/** The page that shows the notice has come, by whichever way. */
export async function expectNotice(page: Page, text: string): Promise<void> {
  await expect(notice(page, text)).toBeVisible();
  await hydrated(page);
}

/** The one alert that shows says this, and nothing else. */
export async function expectAlert(page: Page, ...sentences: string[]): Promise<void> {
  await expect(page.getByRole('alert')).toHaveText(words(page, ...sentences));
}

export async function expectHeading(page: Page, name: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: words(page, name) })).toBeVisible();
  await hydrated(page);
}

/** The field says what is wrong with it, to eyes and to screen readers. */
export async function expectProblem(wrong: Locator, sentence: string): Promise<void> {
  await expect(wrong).toHaveAttribute('aria-invalid', 'true');
  // A hint may be told before it.
  await expect(wrong).toHaveAccessibleDescription(new RegExp(words(wrong, sentence).source.slice(1)));
}

export async function expectNoProblem(right: Locator): Promise<void> {
  await expect(right).not.toHaveAttribute('aria-invalid');
  // Nothing of what was wrong before is still told with it; a hint may be.
  const told = await right.evaluate((input) => document.getElementById(`${input.id}-problem`)?.textContent);
  expect(told).toBe('');
  const id = await right.getAttribute('id');
  await expect(right.page().locator(`[id="${id}-hint"] [data-advice=problem]`)).toBeHidden();
}

export async function fillRegistration(page: Page, person: Person): Promise<void> {
  await field(page, 'E-mail address').fill(person.email);
  await field(page, 'Username').fill(person.username);
  await field(page, 'First name (optional)').fill(person.firstName);
  await field(page, 'Last name (optional)').fill(person.lastName);
  await field(page, 'Password').fill(person.password);
}

export async function fillSignIn(page: Page, login: string, password: string): Promise<void> {
  await field(page, 'Username or e-mail address').fill(login);
  await field(page, 'Password').fill(password);
}

/** Signs in on the sign-in page that is open. */
export async function signIn(page: Page, login: string, password: string): Promise<void> {
  await hydrated(page);
  await fillSignIn(page, login, password);
  await submit(page, 'Sign in');
}

export async function signOut(page: Page): Promise<void> {
  await submit(page, 'Sign out');
  await expectNotice(page, 'You are signed out.');
}

/** As many wrong passwords as lock an account for a while; no matter whether there is such a person. */
export async function guessTooOften(context: BrowserContext, login: string): Promise<void> {
  for (let number = 1; number <= 10; number += 1) {
    const answer = await context.request.post('/login', { form: { username: login, password: newPassword() } });
    expect(answer.status(), await answer.text()).toBe(401);
  }
}

/** The short way to an account and its session, for tests about something else: the page's own form without the page. */
export async function signUp(context: BrowserContext, person: Person): Promise<void> {
  const answer = await context.request.post('/register', {
    form: {
      email: person.email,
      username: person.username,
      first_name: person.firstName,
      last_name: person.lastName,
      password: person.password,
    },
    maxRedirects: 0,
  });
  expect(answer.status(), await answer.text()).toBe(303);
  // As if the welcome had been read.
  await context.clearCookies({ name: /latchkey-notice$/ });
}

const root = join(__dirname, '..', '..');
const data = join(root, 'end2end', 'test-results', 'data');

/**
 * What an operator does for who forgot their password: `latchkey user password NAME` on the data of the running server
 * (scripts/scratch-server.sh, scripts/scratch-nginx.sh). Gives the whole address.
 */
export function passwordLink(name: string): string {
  const origin = test.info().project.use.baseURL ?? '';
  const settings =
    origin === PRODUCTION.origin
      ? ['--config', join(PRODUCTION.folder, 'latchkey.toml')]
      : ['--data', data, '--database-url', `sqlite:///${data}/latchkey.sqlite3`, '--public-url', origin];
  const said = execFileSync(join(root, 'target', 'dist', 'latchkey'), ['user', 'password', name, ...settings], {
    encoding: 'utf8',
    // Away from the developer's own settings.
    cwd: data,
    env: { PATH: process.env.PATH },
  });
  const link = /https?:\/\/\S+\/set-password\?token=lkp1\.[\w-]{43}(?![\w-])/.exec(said)?.[0] ?? '';
  expect(new URL(link).origin, 'the link is under the public address').toBe(origin);
  return link;
}

/** A promise that the test keeps when it likes. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
