/**
 * Pictures of every screen and state, to be looked at by people. No part of `make test`:
 *
 *     SCREENS=1 npx playwright test --config end2end/playwright.config.ts --project screens
 *
 * They are in end2end/test-results/screens/ afterwards, named `state, width, colours.png`.
 */
import { join } from 'node:path';
import { test } from './support';
import { states } from './states';

const folder = join(__dirname, '..', 'test-results', 'screens');

for (const [index, state] of states.entries()) {
  test(`picture of: ${state.name}`, async ({ page, person, watch }) => {
    watch.expectRefusals(...(state.refusals ?? []));
    await state.show(page, person, watch);
    for (const width of [1280, 390]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        const name = `${String(index + 1).padStart(2, '0')} ${state.name}, ${width}, ${colorScheme}.png`;
        await page.screenshot({ path: join(folder, name), fullPage: true, caret: 'initial' });
      }
    }
  });
}
