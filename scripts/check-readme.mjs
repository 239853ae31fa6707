// node scripts/check-readme.mjs [FILE…]: what README.md tells a reader to type or open must exist.
//
// 1. every `make TARGET` in code is a target of the Makefile
// 2. every path in code (something/with/slashes.ext or scripts/…) is in the tree, from the root or from src/
// 3. every relative link leads to a file

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const documents = process.argv.length > 2 ? process.argv.slice(2) : ['README.md'];

/** Made by a build or by the server, so not in a fresh clone. */
const MADE_LATER = /^(target|data|node_modules|end2end\/test-results)\//;
const PATH = /(?<![\w./:@~$%-])(?:\.\/)?((?:[\w.-]+\/)+[\w.-]+\.[a-z]{1,5}|(?:scripts|\.ci)\/[\w./-]*\w)(?![\w/*<{-])/g;

const makefile = readFileSync(join(root, 'Makefile'), 'utf8');
const targets = new Set([...makefile.matchAll(/^([a-z][\w-]*):/gm)].map(([, target]) => target));

/** The text of code blocks and of inline code, with the number of its line. */
function* code(text) {
  let fenced = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    else if (fenced) yield [index + 1, line];
    else for (const [, span] of line.matchAll(/`([^`]+)`/g)) yield [index + 1, span];
  }
}

let faults = 0;
function fault(document, line, message) {
  faults += 1;
  console.error(`${document}:${line}: ${message}`);
}

for (const document of documents) {
  if (!existsSync(join(root, document))) {
    fault(document, 1, 'is missing');
    continue;
  }
  const text = readFileSync(join(root, document), 'utf8');
  for (const [line, span] of code(text)) {
    for (const [, target] of span.matchAll(/\bmake ([a-z][\w-]*)/g)) {
      if (!targets.has(target)) fault(document, line, `\`make ${target}\` is no target of the Makefile`);
    }
    for (const [, path] of span.matchAll(PATH)) {
      if (MADE_LATER.test(path)) continue;
      if (!existsSync(join(root, path)) && !existsSync(join(root, 'src', path))) fault(document, line, `${path} does not exist`);
    }
  }
  for (const [index, line] of text.split('\n').entries()) {
    for (const [, link] of line.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)) {
      if (!existsSync(join(root, dirname(document), link))) fault(document, index + 1, `the link ${link} leads nowhere`);
    }
  }
}

if (faults === 0) console.log(`check-readme: ${documents.join(', ')}: every command, path and link exists`);
process.exitCode = faults === 0 ? 0 : 1;
