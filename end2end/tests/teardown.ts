import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECRETS } from './secrets';

/** After the last test: nothing that people typed or the server handed out stands in the server's log. */
export default function teardown(): void {
  const log = readFileSync(join(__dirname, '..', 'test-results', 'server.log'), 'utf8');
  // An empty or silenced log would prove nothing.
  if (!/answered GET .*\/login/.test(log)) throw new Error('The server log has no line of a request for /login.');
  const lines = log.split('\n');
  for (const { name, pattern } of SECRETS) {
    const at = lines.findIndex((line) => pattern.test(line));
    // The line itself stays in the file: it must not travel on into the output of a build server.
    if (at >= 0) throw new Error(`end2end/test-results/server.log shows ${name} in line ${at + 1}.`);
  }
}
