// Days and instants. A calendar day has no time zone; an instant is shown in the reader's.

import { language, t } from "./words.js";

const DAY_MS = 86_400_000;
const formats = new Map();

/** "2026-11-25" -> `Nov 25, 2026`; a dash when there is none. */
export function day(on) {
  if (!on) return "—";
  const at = new Date(`${on}T00:00:00Z`);
  return Number.isNaN(at.getTime()) ? String(on) : format("day").format(at);
}

/** "2026-10" -> `Oct 2026`. */
export function month(on) {
  const at = new Date(`${on}-01T00:00:00Z`);
  return Number.isNaN(at.getTime()) ? String(on) : format("month").format(at);
}

/** An RFC 3339 instant -> `Nov 25, 2026, 14:05`. */
export function instant(at) {
  return at ? shown(at, "instant") : "—";
}

/** An RFC 3339 instant -> `14:05:09`. */
export function clock(at) {
  return at ? shown(at, "clock") : "—";
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
  const two = (n) => String(n).padStart(2, "0");
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
}

function shown(at, kind) {
  const when = new Date(at);
  return Number.isNaN(when.getTime()) ? String(at) : format(kind).format(when);
}

function format(kind) {
  const key = `${language()}/${kind}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language(), OPTIONS[kind]));
  return formats.get(key);
}

const OPTIONS = {
  day: { year: "numeric", month: "short", day: "numeric", timeZone: "UTC" },
  month: { year: "numeric", month: "short", timeZone: "UTC" },
  instant: { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
};
