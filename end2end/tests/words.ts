/** What the screens say in Russian, found by what they say in English: tests are written in English and run in both. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const LANGUAGES = ['en', 'ru'] as const;
export type Language = (typeof LANGUAGES)[number];

/**
 * Sentences that the catalogue puts together while the server runs. `{text}` stands for a text that has a translation of its own, `{}`
 * for what is the same in every language, and " …" for whatever may stand there. The first that fits is taken.
 */
const PUT_TOGETHER = [
  ['{text} · Latchkey', '{text} · Latchkey'],
  ['This is still too short: it takes at least {} characters.', 'Пока слишком коротко: нужно не менее {} символов.'],
  ['Error: {text}', 'Ошибка: {text}'],
  ['{text} (optional)', '{text} (необязательно)'],
  ['Signed in as {}', 'Вы вошли как {}'],
  ['For the account {}', 'Для учётной записи {}'],
  ['Use at least {} characters.', 'Нужно не менее {} символов.'],
  ['Use at most {} characters.', 'Нужно не более {} символов.'],
  ['Sign out: {} on …', 'Завершить сеанс: {}, …'],
  ['Sign out: …', 'Завершить сеанс: …'],
  [
    'That was a lot of tries, so let us pause. Try again in … A device that you have signed in on before may still work, and so does a link to set a new password.',
    'Попыток было много, сделаем паузу. Попробуйте через … С устройства, на котором вы уже входили, войти, возможно, получится и сейчас; новый пароль можно задать и по ссылке.',
  ],
] as const;

const folder = join(__dirname, '..', '..', 'src', 'domain', 'text');
const catalogue = readCatalogue();

/** Every `Text("English", "Russian")`. One text may have several translations: a title is a noun where a button is a verb. */
function readCatalogue(): Map<string, Set<string>> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.rs'));
  const literal = String.raw`"((?:[^"\\]|\\[^])*)"`;
  const pair = new RegExp(String.raw`\bText\(\s*${literal},\s*${literal},?\s*\)`, 'g');
  const texts = new Map<string, Set<string>>();
  for (const file of [`${folder}.rs`, ...files.map((file) => join(folder, file))]) {
    for (const [, english = '', russian = ''] of readFileSync(file, 'utf8').matchAll(pair)) {
      const key = unescaped(english);
      texts.set(key, (texts.get(key) ?? new Set()).add(unescaped(russian)));
    }
  }
  return texts;
}

/** A string as Rust means it. */
function unescaped(literal: string): string {
  return literal.replace(/\\(?:\n\s*|u\{(\w+)\}|(["'\\]))/g, (_, code, itself = '') => (code ? String.fromCodePoint(Number.parseInt(code, 16)) : itself));
}

/** All that may stand for the English sentence on a page in Russian. */
export function inRussian(english: string): string[] {
  const known = catalogue.get(english);
  if (known) return [...known];
  for (const [from, to] of PUT_TOGETHER) {
    const [before = '', kind, after = ''] = from.split(/[{}]/);
    if (kind === undefined) {
      if (english === from) return [to];
    } else if (english.startsWith(before) && english.endsWith(after) && english.length > before.length + after.length) {
      const part = english.slice(before.length, english.length - after.length);
      return (kind === 'text' ? inRussian(part) : [part]).map((part) => to.replace(/\{\w*\}/, () => part));
    }
  }
  throw new Error(`No text of src/domain/text says "${english}", nor does PUT_TOGETHER in end2end/tests/words.ts know such a sentence.`);
}

/** The whole of one text, or of several behind each other, as the language has it. */
export function words(language: Language, ...english: string[]): RegExp {
  const either = (text: string) => (language === 'en' ? [text] : inRussian(text)).map(pattern).join('|');
  return new RegExp(`^\\s*${english.map((text) => `(?:${either(text)})`).join('\\s*')}\\s*$`);
}

function pattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' …', ' .+');
}
