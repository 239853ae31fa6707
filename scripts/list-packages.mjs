// node scripts/list-packages.mjs FILE: writes into a CycloneDX list what build.rs puts into the binary from npm packages, which
// cargo does not know: the `dependencies` of package.json, as package-lock.json pins them. Licences are those that deny.toml allows.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const read = (name) => readFileSync(join(root, name), 'utf8');
const [file] = process.argv.slice(2);

const [, allowed] = /^\[licenses\][^[]*allow = \[([^\]]*)\]/ms.exec(read('deny.toml'));
const { packages } = JSON.parse(read('package-lock.json'));
const list = JSON.parse(readFileSync(file, 'utf8'));
const itself = list.dependencies.find(({ ref }) => ref === list.metadata.component['bom-ref']);

for (const name of Object.keys(packages[''].dependencies)) {
  const { version, license, integrity } = packages[`node_modules/${name}`];
  if (!allowed.includes(`"${license}"`)) throw new Error(`${name} is under ${license}, which deny.toml does not allow`);
  const [, sha512] = /^sha512-(\S+)$/.exec(integrity);
  const purl = `pkg:npm/${name}@${version}`;
  list.components.push({
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    scope: 'required',
    hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }],
    licenses: [{ license: { id: license } }],
    purl,
  });
  list.dependencies.push({ ref: purl });
  (itself.dependsOn ??= []).push(purl);
}

writeFileSync(file, `${JSON.stringify(list, null, 2)}\n`);
