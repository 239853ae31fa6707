import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECRETS } from './secrets';

/** After the last test: nothing that people typed or the server handed out stands in the log of a server or of nginx. */
export default function teardown(): void {
  search('server.log', /answered GET .*\/login/);
  search('production/server.log', /answered GET .*\/login/);
  search('production/nginx.access.log', /"GET \/login HTTP/);
}

function search(name: string, alive: RegExp): void {
  const log = readFileSync(join(__dirname, '..', 'test-results', name), 'utf8');
  // An empty or silenced log would prove nothing.
  if (!alive.test(log)) throw new Error(`${name} has no line of a request for /login.`);
  const lines = log.split('\n');
  for (const { name, pattern } of SECRETS) {
    const at = lines.findIndex((line) => pattern.test(line));
    // The line itself stays in the file: it must not travel on into the output of a build server.
    if (at >= 0) throw new Error(`end2end/test-results/${name} shows ${name} in line ${at + 1}.`);
  }
}
