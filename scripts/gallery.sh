#!/usr/bin/env bash
# make gallery: pictures of every state of every screen, wide and narrow, light and dark, in both languages, on one page to look through.
# A state that cannot be reached fails it; the others are on the page all the same.
. "$(dirname "$0")/env.sh"

scripts/setup.sh test
scripts/build-release.sh
# The pictures of a state that is called otherwise by now would stay.
rm -rf end2end/test-results/gallery
verdict=0
GALLERY=1 playwright test --config end2end/playwright.config.ts --project gallery || verdict=$?
node scripts/gallery.mjs
say "gallery: file://$root/end2end/test-results/gallery/index.html"
exit $verdict
