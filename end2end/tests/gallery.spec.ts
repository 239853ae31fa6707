/**
 * Pictures of every screen in every state, in every language, to be looked at by people. No part of `make test`: `make gallery` takes them
 * and puts them on one page (scripts/gallery.mjs), by their names: `number state, language, width, colours.png`.
 */
import { join } from 'node:path';
import { inEveryLanguage, languageOf, test } from './support';
import { show, states } from './states';

test.describe.configure({ mode: 'parallel' });

const folder = join(__dirname, '..', 'test-results', 'gallery');

inEveryLanguage(() => {
  for (const [index, state] of states.entries()) {
    test(`pictures of: ${state.name}`, async ({ page, person, watch }) => {
      await show(state, page, person, watch);
      for (const width of [1280, 390]) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          const name = `${String(index + 1).padStart(2, '0')} ${state.name}, ${languageOf(page)}, ${width}, ${colorScheme}.png`;
          await page.screenshot({ path: join(folder, name), fullPage: true, caret: 'initial' });
        }
      }
    });
  }
});
