/**
 * The same job in Russian, which is chosen at the foot of the page. It runs with JavaScript, without it, with WebAssembly blocked and
 * behind nginx, as the journey in English does.
 */
import { expect, expectHeading, expectNotice, expectProblem, field, newPassword, open, submit, test } from './support';

test('a person who reads Russian registers, looks around, signs out and is refused in Russian', async ({ page, person, watch }) => {
  test.setTimeout(60_000);
  const language = () => page.evaluate(() => document.documentElement.lang);

  await test.step('one press at the foot of the page, and everything is in Russian', async () => {
    await open(page, '/register');
    await expect(page.getByRole('button', { name: 'English' })).toHaveAttribute('aria-pressed', 'true');
    await submit(page, 'Русский');
    await expectHeading(page, 'Регистрация');
    await expect(page).toHaveURL('/register');
    await expect(page).toHaveTitle('Регистрация · Latchkey');
    expect(await language()).toBe('ru');
    await expect(page.getByRole('button', { name: 'Русский' })).toHaveAttribute('aria-pressed', 'true');
  });

  await test.step('what is wrong is said in Russian, at its field', async () => {
    watch.expectRefusals(422);
    await field(page, 'Адрес электронной почты').fill(person.email);
    await field(page, 'Имя пользователя').fill('кто угодно');
    await submit(page, 'Создать учётную запись');
    await expectProblem(field(page, 'Имя пользователя'), 'Используйте только буквы, цифры, - и _.');
    await expectProblem(field(page, 'Пароль'), 'Введите пароль.');
    await expect(field(page, 'Имя пользователя')).toBeFocused();
  });

  await test.step('registering leads to the profile', async () => {
    await field(page, 'Имя пользователя').fill(person.username);
    await field(page, 'Пароль').fill(person.password);
    await submit(page, 'Создать учётную запись');
    await expectNotice(page, 'Добро пожаловать! Ваша учётная запись готова.');
    await expectHeading(page, 'Ваш профиль');
    await expect(page.getByRole('region', { name: 'Учётная запись', exact: true })).toMatchAriaSnapshot(`
      - heading "Учётная запись" [level=2]
      - term: Имя пользователя
      - definition: ${person.username}
      - term: Адрес электронной почты
      - definition: ${person.email}
      - term: Имя
      - definition: Не указано
      - term: Роли
      - definition: Пользователь
      - term: Создана
      - definition:
        - time: /^\\d+ (января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря) \\d+ г\\., \\d+:\\d+ UTC$/
      - term: Последний вход
      - definition:
        - time: /\\d+/
      - term: Номер учётной записи
      - definition: /^\\d+$/
    `);
  });

  await test.step('so do the sessions', async () => {
    await page.getByRole('link', { name: 'Посмотреть, где выполнен вход' }).click();
    await expectHeading(page, 'Где выполнен вход');
    await expect(page.getByText('Больше нигде вход не выполнен.')).toBeVisible();
  });

  await test.step('a wrong password is refused in Russian', async () => {
    await submit(page, 'Выйти');
    await expectNotice(page, 'Вы вышли из системы.');
    watch.expectRefusals(401);
    await field(page, 'Имя пользователя или адрес почты').fill(person.username);
    await field(page, 'Пароль').fill(newPassword());
    await submit(page, 'Войти');
    await expect(page.getByRole('alert')).toHaveText('Имя пользователя, адрес почты или пароль неверны. Попробуйте ещё раз.');
  });

  await test.step('the other language and dark colours are one press away, too', async () => {
    await open(page, '/login');
    await submit(page, 'Тёмные');
    await expect(page.getByRole('button', { name: 'Тёмные' })).toHaveAttribute('aria-pressed', 'true');
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    expect(await ground()).toBe('rgb(18, 23, 22)');
    await submit(page, 'English');
    await expectHeading(page, 'Sign in');
    expect(await language()).toBe('en');
    expect(await ground()).toBe('rgb(18, 23, 22)');
    await submit(page, 'Light');
    await expect(page.getByRole('button', { name: 'Light' })).toHaveAttribute('aria-pressed', 'true');
    expect(await ground()).toBe('rgb(244, 243, 239)');
  });
});
