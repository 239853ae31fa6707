import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, devices } from '@playwright/test';
import type { Language } from './tests/words';

export type LatchkeyOptions = {
  /** 'blocked' makes the fixture in tests/support.ts refuse every .wasm file, as Lockdown Mode and Edge's enhanced security do. */
  wasm: 'allowed' | 'blocked';
  /** What the browser asks for, and in which the helpers of tests/support.ts look for the words of a test. */
  language: Language;
};

const address = 'http://127.0.0.1:3117';
const root = join(__dirname, '..');

/** Production mode behind nginx with TLS. Latchkey itself is at the next port, nginx's plain http at the one after it. */
export const PRODUCTION = {
  port: 3119,
  origin: 'https://localhost:3119',
  folder: join(__dirname, 'test-results', 'production'),
};

// Debian's browser where it is installed (scripts/setup.sh sees to it), else the one of `npx playwright install chromium`.
const chromium = '/usr/bin/chromium';
const desktop = {
  ...devices['Desktop Chrome'],
  launchOptions: {
    ...(existsSync(chromium) ? { executablePath: chromium } : {}),
    // A browser in a container, perhaps as root, that talks to nobody but the server under test.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  },
};

const command = (line: string, url: string) => ({
  command: line,
  cwd: root,
  url,
  ignoreHTTPSErrors: true,
  reuseExistingServer: false,
  timeout: 30_000,
  gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 10_000 },
});

const server = (port: string, folder: string, flags = '') =>
  command(`scripts/scratch-server.sh ${port} end2end/test-results${folder} ${flags}`, `http://127.0.0.1:${port}/login`);

/** The journeys of a person, run in all three ways in which a browser may see the pages, and behind nginx. */
const journey = /(journey|languages)\.spec\.ts$/;

/** What only a proxy can get wrong. */
const production = /production\.spec\.ts$/;

/** Pictures for people to look at (scripts/gallery.sh). */
const gallery = /gallery\.spec\.ts$/;

export default defineConfig<LatchkeyOptions>({
  testDir: './tests',
  globalTeardown: './tests/teardown.ts',
  // Playwright empties this folder at its start; the server's log and data lie beside it, not in it.
  outputDir: './test-results/artefacts',
  reporter: [['list'], ['json', { outputFile: join(__dirname, 'test-results', 'results.json') }]],
  workers: 2,
  forbidOnly: !!process.env.CI,
  use: {
    baseURL: address,
    screenshot: 'only-on-failure',
  },
  projects: [
    { name: 'with-javascript', testIgnore: [gallery, production], use: { ...desktop } },
    { name: 'without-javascript', testMatch: journey, use: { ...desktop, javaScriptEnabled: false } },
    { name: 'wasm-blocked', testMatch: journey, use: { ...desktop, wasm: 'blocked' } },
    { name: 'production', testMatch: [journey, production], use: { ...desktop, baseURL: PRODUCTION.origin, ignoreHTTPSErrors: true } },
    ...(process.env.GALLERY ? [{ name: 'gallery', testMatch: gallery, use: { ...desktop } }] : []),
  ],
  // The second one takes no new accounts; the third looks as its operator likes it.
  webServer: [
    server('3117', ''),
    server('3118', '/closed', '--sign-up closed'),
    server('3116', '/own', `--product-name Sesame --logo ${join(__dirname, 'logo.svg')} --accent ffd400 --terms-url /terms --privacy-url /privacy`),
    command(`scripts/scratch-nginx.sh ${PRODUCTION.port} end2end/test-results/production`, `${PRODUCTION.origin}/login`),
  ],
});
