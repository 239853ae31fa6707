/** Language and colours, chosen at the foot of the page by somebody whose browser asks for English; and Russian as Russians write it. */
import { button, expect, expectHeading, expectNotice, expectProblem, field, open, submit, test } from './support';

test('a person chooses Russian at the foot of the page, registers in it, and goes back to English in other colours', async ({ page, person, watch }) => {
  test.setTimeout(60_000);
  const language = () => page.evaluate(() => document.documentElement.lang);

  await test.step('one press at the foot of the page, and everything is in Russian', async () => {
    await open(page, '/register');
    await expect(button(page, 'English')).toHaveAttribute('aria-pressed', 'true');
    await submit(page, 'Русский');
    await expectHeading(page, 'Регистрация');
    await expect(page).toHaveURL('/register');
    await expect(page).toHaveTitle('Регистрация · Latchkey');
    expect(await language()).toBe('ru');
    await expect(button(page, 'Русский')).toHaveAttribute('aria-pressed', 'true');
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

  await test.step('the other language and dark colours are one press away, too', async () => {
    await submit(page, 'Тёмные');
    await expect(button(page, 'Тёмные')).toHaveAttribute('aria-pressed', 'true');
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    expect(await ground()).toBe('rgb(18, 23, 22)');
    await submit(page, 'English');
    await expectHeading(page, 'Your profile');
    expect(await language()).toBe('en');
    expect(await ground()).toBe('rgb(18, 23, 22)');
    await submit(page, 'Light');
    await expect(button(page, 'Light')).toHaveAttribute('aria-pressed', 'true');
    expect(await ground()).toBe('rgb(244, 243, 239)');
  });
});
