// A balance over its months as a line; pure.

/**
 * Points of an account's balance: its month-end closings, oldest first, then what it holds now (in the month `now`). A
 * month without a closing ended as the one before it.
 */
export function points(history, balance, now) {
  const closings = Object.entries(history?.closings ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  const found = [];
  for (const [month, closing] of closings) {
    carry(found, month);
    found.push({ month, minor: Number(closing.balance_minor) });
  }
  if (balance !== null && balance !== undefined) {
    if (now) carry(found, now);
    found.push({ month: null, minor: Number(balance) });
  }
  return found.filter((point) => Number.isFinite(point.minor));
}

/** Fills the months after the last point, up to but without `month`. */
function carry(found, month) {
  const last = found.at(-1);
  for (let next = last && following(last.month); last && next < month; next = following(next)) {
    found.push({ month: next, minor: last.minor });
  }
}

function following(month) {
  const [year, number] = month.split("-").map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, "0")}`;
}

/** Where the line runs in a box: [[x, y], ...], and the height of zero when the balance crosses it (else null). */
export function line(values, width, height, margin = 2) {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const range = most - least || 1;
  const inside = height - 2 * margin;
  const y = (value) => round(most === least ? height / 2 : margin + (inside * (most - value)) / range);
  const x = (place) => round(values.length < 2 ? width / 2 : margin + ((width - 2 * margin) * place) / (values.length - 1));
  return { at: values.map((value, place) => [x(place), y(value)]), zero: least < 0 && most > 0 ? y(0) : null };
}

function round(value) {
  return Math.round(value * 10) / 10;
}
