// What the console says, in the language of whoever reads it. Every text stands in words/<language>.json.

export const LANGUAGES = { "en": "English", "zh-CN": "简体中文" };

let dictionary = {};
let locale = "en";
let plurals = new Intl.PluralRules("en");

/** Takes a language's dictionary into use. */
export async function speak(language) {
  const known = chosen([language]);
  const answer = await fetch(new URL(`words/${known}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`words/${known}.json: ${answer.status}`);
  use(known, await answer.json());
}

/** The same with a dictionary at hand. */
export function use(language, words) {
  dictionary = words;
  locale = language;
  plurals = new Intl.PluralRules(language);
}

/** The language in use, for Intl and `lang`. */
export function language() {
  return locale;
}

/** The first of the wishes that there is a dictionary for; `zh`, `zh-Hans` and `zh-TW` take the Chinese one. */
export function chosen(wishes) {
  for (const wish of wishes) {
    if (!wish) continue;
    const plain = String(wish).toLowerCase();
    const found = Object.keys(LANGUAGES).find((name) => name.toLowerCase().split("-")[0] === plain.split("-")[0]);
    if (found) return found;
  }
  return "en";
}

/** A text. `{name}` takes a value; `{n|day|days}` chooses by the number; a key unknown is shown itself. */
export function t(key, values = {}) {
  const text = dictionary[key];
  return text === undefined ? key : filled(text, values);
}

/** A code of the bank's or the contracts' (`status.in_arrears`): its text, or the code as words when there is none. */
export function code(family, value) {
  if (value === null || value === undefined) return "—";
  return dictionary[`${family}.${value}`] ?? String(value).replaceAll("_", " ");
}

/** Whether there is a text. */
export function has(key) {
  return dictionary[key] !== undefined;
}

function filled(text, values) {
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_all, name, one, other) => {
    const value = values[name];
    if (one !== undefined) return plurals.select(Number(value)) === "one" ? one : other;
    if (value === null || value === undefined) return "—";
    return typeof value === "number" ? value.toLocaleString(locale) : String(value);
  });
}
