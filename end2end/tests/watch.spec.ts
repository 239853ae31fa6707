/** What the other tests rely on, tested: each of the first must fail, or a green run would mean nothing. */
import { expect, field, open, submit, test } from './support';
import { secretsIn } from './secrets';
import { inRussian } from './words';

test.describe('a test fails', () => {
  test.fail();

  test('when a page warns on the console', async ({ page }) => {
    await open(page, '/login');
    await page.evaluate(() => console.warn('a warning'));
  });

  test('when a page throws', async ({ page }) => {
    await open(page, '/login');
    const thrown = page.waitForEvent('pageerror');
    await page.evaluate(() => queueMicrotask(() => { throw new Error('thrown'); }));
    await thrown;
  });

  test('when a page breaks its policy', async ({ page }) => {
    await open(page, '/login');
    await page.evaluate(() => document.body.setAttribute('style', 'color: red'));
  });

  test('when the server refuses something that was not announced', async ({ page }) => {
    await open(page, '/login');
    await submit(page, 'Sign in');
    await expect(field(page, 'Password')).toHaveAttribute('aria-invalid', 'true');
  });

  test('when an announced refusal does not come', async ({ page, watch }) => {
    watch.expectRefusals(422);
    await open(page, '/login');
  });
});

test('the search for secrets knows each of them', async ({ person }) => {
  expect(secretsIn(`x${person.password}`)).toEqual(['a password']);
  expect(secretsIn('"eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.eyJ"')).toEqual(['a JWT']);
  expect(secretsIn('lk1.a.b.0.c $argon2id$v=19')).toEqual(['a refresh token', 'a password hash']);
  expect(secretsIn('answered GET "/login" with 200 id=eyJhbGciOiJFZERTQSJ9ab')).toEqual([]);
});

test('every sentence has its translations, or is an error that names it', () => {
  expect(inRussian('Sign in').sort()).toEqual(['Войдите', 'Войти', 'Вход']);
  expect(inRussian('Error: Your profile · Latchkey')).toEqual(['Ошибка: Ваш профиль · Latchkey']);
  expect(inRussian('Use at least 8 characters.')).toEqual(['Нужно не менее 8 символов.']);
  for (const unknown of ['Sign', 'Nickname', 'Use at least.']) expect(() => inRussian(unknown)).toThrow(`"${unknown}"`);
  expect(() => inRussian('Nickname (optional)')).toThrow('"Nickname"');
});
