// Pictures, drawn as SVG from pure geometry. Each says in words what it shows.

import { month } from "./days.js";
import { s } from "./elements.js";
import { money, shortMoney } from "./money.js";
import { line } from "./sparkline.js";
import { t } from "./words.js";

const LADDER = { width: 640, height: 128, top: 18, bottom: 22 };

/** The rungs of one currency: what comes to the customer above the line, what he has to pay below it when there is both. */
export function ladderPicture(currency, rungs) {
  const { width, height, top, bottom } = LADDER;
  const most = Math.max(...rungs.map((rung) => Math.max(rung.in, rung.out)), 1);
  const both = rungs.some((rung) => rung.in > 0) && rungs.some((rung) => rung.out > 0);
  // Both ways from the axis when there is both; else all of it upwards.
  const room = both ? (height - 2 * top - bottom) / 2 : height - top - bottom;
  const [axis, scale] = [top + room, room / most];
  const step = width / rungs.length;
  const bars = rungs.map((rung, place) => {
    const x = place * step + step * 0.2;
    const wide = step * 0.6;
    return [
      rung.in > 0 && bar("in", { x, wide, y: axis - rung.in * scale, high: rung.in * scale, above: true }, rung.in, currency),
      rung.out > 0 && bar("out", { x, wide, y: both ? axis : axis - rung.out * scale, high: rung.out * scale, above: !both }, rung.out, currency),
      s("text", { class: "rung", x: place * step + step / 2, y: height - 6 }, t(`rung.${rung.rung}`)),
    ];
  });
  return s("svg", { class: "ladder", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": ladderInWords(currency, rungs) },
    s("line", { class: "axis", x1: 0, x2: width, y1: axis, y2: axis }), bars);
}

function bar(kind, { x, wide, y, high, above }, amount, currency) {
  const text = above ? y - 4 : y + high + 12;
  return s("g", { class: kind }, s("title", {}, t(`ladder.${kind}`, { amount: money(Math.round(amount), currency) })),
    s("rect", { x, y, width: wide, height: Math.max(high, 1.5), rx: 2 }),
    s("text", { x: x + wide / 2, y: text }, shortMoney(amount, currency)));
}

function ladderInWords(currency, rungs) {
  const parts = rungs.flatMap((rung) => ["in", "out"].filter((kind) => rung[kind] > 0).map((kind) =>
    `${t(`rung.${rung.rung}`)}: ${t(`ladder.${kind}`, { amount: money(Math.round(rung[kind]), currency) })}`));
  return t("ladder.label", { currency, parts: parts.join("; ") });
}

/** How a balance went: a line with its newest point marked. */
export function sparkline(points, currency) {
  const [width, height] = [120, 28];
  const { at, zero } = line(points.map((point) => point.minor), width, height, 3);
  const path = at.map(([x, y], place) => `${place ? "L" : "M"}${x} ${y}`).join("");
  const [endX, endY] = at.at(-1);
  return s("svg", { class: "sparkline", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": inWords(points, currency) },
    s("title", {}, inWords(points, currency)),
    zero !== null && s("line", { class: "zero", x1: 0, x2: width, y1: zero, y2: zero }),
    s("path", { class: "area", d: `${path}L${endX} ${height}L${at[0][0]} ${height}Z` }),
    s("path", { class: "run", d: path }),
    s("circle", { cx: endX, cy: endY, r: 2.4 }));
}

function inWords(points, currency) {
  const amounts = points.map((point) => point.minor);
  return t("sparkline.label", {
    from: points[0].month ? month(points[0].month) : t("day.today"),
    first: money(points[0].minor, currency),
    last: money(points.at(-1).minor, currency),
    least: money(Math.min(...amounts), currency),
    most: money(Math.max(...amounts), currency),
  });
}

/** How much of a limit is used; what is in arrears stands out. */
export function exposureBar(outstanding, limit, arrears) {
  const [owed, agreed, late] = [outstanding, limit, arrears].map((minor) => Number(minor) || 0);
  const whole = Math.max(agreed, owed, 1);
  const used = (100 * owed) / whole;
  const label = agreed ? t("exposure.label", { percent: Math.round((100 * owed) / agreed) }) : t("exposure.unlimited");
  return s("svg", { class: "exposure", viewBox: "0 0 100 6", preserveAspectRatio: "none", role: "img", "aria-label": label },
    s("rect", { class: "limit", width: 100, height: 6 }), s("rect", { class: "used", width: used, height: 6 }),
    s("rect", { class: "late", width: Math.min(used, (100 * late) / whole), height: 6 }));
}

