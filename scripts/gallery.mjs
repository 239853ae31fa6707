// node scripts/gallery.mjs: puts the pictures that end2end/tests/gallery.spec.ts took on one page beside them, index.html, with a row for
// each state. The boxes at its top hide what is not wanted; it needs neither a server nor a script.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'end2end', 'test-results', 'gallery');
const NAME = /^(?<number>\d+) (?<state>.+), (?<language>\w+), (?<width>\d+), (?<colours>\w+)\.png$/;

/** What a picture can be, as its name says it and as people do; in the order in which pictures stand in a row. */
const KINDS = [
  ['en', 'English'],
  ['ru', 'Russian'],
  ['1280', 'wide'],
  ['390', 'narrow'],
  ['light', 'light'],
  ['dark', 'dark'],
];

const pictures = readdirSync(folder).flatMap((file) => {
  const found = NAME.exec(file)?.groups;
  if (!found) return [];
  const kinds = [found.language, found.width, found.colours];
  // A picture that comes late would move those below it if the page did not know its size, which a PNG begins with.
  const head = readFileSync(join(folder, file));
  const place = kinds.map((kind) => KINDS.findIndex(([name]) => name === kind)).join();
  return [{ ...found, file, kinds: kinds.join(' '), place, width: head.readUInt32BE(16), height: head.readUInt32BE(20) }];
});
pictures.sort((one, other) => one.number - other.number || one.place.localeCompare(other.place));
const states = new Map(pictures.map(({ number, state }) => [number, state]));

const box = ([kind, label]) => `<label><input type="checkbox" value="${kind}" checked> ${label}</label>`;

const hide = ([kind]) => `body:has([value="${kind}"]:not(:checked)) [data-kinds~="${kind}"] { display: none }`;

const entry = ([number, state]) => `<li><a href="#state-${number}">${state}</a></li>`;

const figure = ({ file, state, kinds, width, height }) => `
<figure data-kinds="${kinds}">
<a href="${encodeURIComponent(file)}"><img src="${encodeURIComponent(file)}" alt="${state}" width="${width}" height="${height}" loading="lazy"></a>
<figcaption>${kinds}</figcaption>
</figure>`;

const row = ([number, state]) => `
<section id="state-${number}">
<h2><a href="#state-${number}">${state}</a></h2>
<div>${pictures.filter((picture) => picture.number === number).map(figure).join('')}</div>
</section>`;

writeFileSync(
  join(folder, 'index.html'),
  `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Every state of every screen · Latchkey</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; scroll-padding-block-start: 4rem }
body { margin: 0 1.5rem 3rem }
form { position: sticky; inset-block-start: 0; display: flex; flex-wrap: wrap; gap: 0 1.5rem; padding-block: 0.75rem; background: Canvas }
ol { columns: 18rem; column-gap: 3rem }
h2 { margin-block: 2.5rem 0.75rem; font-size: 1.125rem }
h2 a { color: inherit }
section div { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 1rem }
figure { margin: 0 }
figcaption { font-size: 0.875rem }
img { display: block; inline-size: 30rem; max-inline-size: 100%; block-size: auto; outline: 1px solid GrayText }
[data-kinds~="390"] img { inline-size: 12rem }
${KINDS.map(hide).join('\n')}
</style>
<h1>Every state of every screen</h1>
<form>${KINDS.map(box).join('')}</form>
<ol>${[...states].map(entry).join('')}</ol>
${[...states].map(row).join('')}
</html>
`,
);
console.log(`gallery: ${pictures.length} pictures of ${states.size} states`);
