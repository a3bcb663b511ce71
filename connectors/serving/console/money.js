// Money as a person reads it, from minor units. How many decimals a currency has is told by the server: browsers
// disagree with ISO 4217 on some, and would show a hundredth or a hundredfold.

import { language } from "./words.js";

let exponents = {};
let absent = "—";
const formats = new Map();

/** Currency -> decimals, of all currencies that the server knows. */
export function know(table) {
  exponents = table;
  formats.clear();
}

/** Whether amounts are kept from this person: what is absent is then shown as hidden, not as unknown. */
export function hide(hidden) {
  absent = hidden ? "•••" : "—";
}

/** 1234567, "CZK" -> `12,345.67 CZK`; a dash when there is none, dots when it is hidden. A number or a BigInt. */
export function money(minor, currency) {
  if (minor === null || minor === undefined) return absent;
  if (!currency || exponents[currency] === undefined) return `${minor.toLocaleString(language())} ${currency ?? ""} ×`;
  return `${format(exponents[currency]).format(decimal(minor, exponents[currency]))}\u00a0${currency}`;
}

/** The same, short and without its currency, for a picture: `1.2M`. */
export function shortMoney(minor, currency) {
  return format("compact").format(Number(minor) / 10 ** (exponents[currency] ?? 0));
}

/** {CZK: 100, EUR: 5} -> [`1.00 CZK`, `0.05 EUR`], the greatest first. */
export function moneyByCurrency(amounts) {
  return Object.entries(amounts ?? {})
    .sort(([, one], [, other]) => Number(other) - Number(one))
    .map(([currency, minor]) => money(minor, currency));
}

/** Minor units as a decimal text, exact at any size. */
export function decimal(minor, exponent) {
  const digits = String(minor).replace("-", "").padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent);
  const sign = String(minor).startsWith("-") ? "-" : "";
  return exponent ? `${sign}${whole}.${digits.slice(-exponent)}` : `${sign}${whole}`;
}

function format(kind) {
  const key = `${language()}/${kind}`;
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(language(), options(kind)));
  return formats.get(key);
}

function options(kind) {
  if (kind === "compact") return { notation: "compact", maximumSignificantDigits: 3 };
  return { minimumFractionDigits: kind, maximumFractionDigits: kind };
}
