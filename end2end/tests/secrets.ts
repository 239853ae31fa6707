/** What no page, store, address, console or log may ever show. */

/** Every password of these tests begins with it, so that a leaked one is known for what it is. */
export const PASSWORD_FAMILY = 'canary-Kx7-';

export const SECRETS = [
  { name: 'a password', pattern: /canary-Kx7-/ },
  // Longer than our random ids (22 characters), which may begin like a JWT by chance.
  { name: 'a JWT', pattern: /eyJ[\w-]{20}/ },
  { name: 'a refresh token', pattern: /lk1\./ },
  { name: 'a password link', pattern: /lkp1\./ },
  { name: 'a known device', pattern: /lkd1\./ },
  { name: 'a password hash', pattern: /\$argon2/ },
];

/** The secrets in `text`, by name. */
export function secretsIn(text: string): string[] {
  return SECRETS.filter(({ pattern }) => pattern.test(text)).map(({ name }) => name);
}
