// Days and instants. A calendar day has no time zone; an instant is shown in the reader's. They are put into words here:
// a browser takes 5 ms to make ready each of its own formats, and an old one twenty.

import { t } from "./words.js";

const DAY_MS = 86_400_000;

/** "2026-11-25" -> `Nov 25, 2026`; a dash when there is none. */
export function day(on) {
  if (!on) return "—";
  return inWords("date.day", String(on), /^(\d{4})-(0[1-9]|1[0-2])-([0-3]\d)$/);
}

/** "2026-10" -> `Oct 2026`. */
export function month(on) {
  return inWords("date.month", String(on), /^(\d{4})-(0[1-9]|1[0-2])$/);
}

function inWords(key, text, form) {
  const [whole, year, number, day] = form.exec(text) ?? [];
  if (!whole) return text;
  return t(key, { year, month: t("date.months").split(" ")[number - 1], day: String(Number(day)) });
}

/** An RFC 3339 instant -> `Nov 25, 2026, 14:05`; a dash when there is none. */
export function instant(at) {
  return shown(at, (when) => t("date.instant", { day: day(localDay(when)), time: clockOf(when) }));
}

/** An RFC 3339 instant -> `14:05:09`. */
export function clock(at) {
  return shown(at, (when) => `${clockOf(when)}:${two(when.getSeconds())}`);
}

function clockOf(when) {
  return `${two(when.getHours())}:${two(when.getMinutes())}`;
}

function two(n) {
  return String(n).padStart(2, "0");
}

function shown(at, said) {
  if (!at) return "—";
  const when = new Date(at);
  return Number.isNaN(when.getTime()) ? String(at) : said(when);
}

/** Days from one day to another; negative when the other is before it. */
export function daysBetween(from, to) {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** A day so many days later. */
export function plusDays(on, days) {
  return new Date(Date.parse(`${on}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The next day, from `today` on, with the month and day of another; the 29th of February comes round on the 28th. */
export function comesRound(on, today) {
  const inYear = (year) => {
    const day = `${year}${on.slice(4)}`;
    return on.endsWith("-02-29") && !isLeap(year) ? `${year}-02-28` : day;
  };
  const year = Number(today.slice(0, 4));
  return inYear(year) >= today ? inYear(year) : inYear(year + 1);
}

function isLeap(year) {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** `today`, `in 3 days`, `5 days ago`. */
export function distance(today, on) {
  const days = daysBetween(today, on);
  if (days === 0) return t("day.today");
  return days > 0 ? t("day.ahead", { n: days }) : t("day.ago", { n: -days });
}

/** The day of an instant where the reader is. */
export function localDay(at) {
  const when = at instanceof Date ? at : new Date(at);
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
}
