// The maturity ladder: what falls due when, by currency; pure.

import { daysBetween } from "./days.js";

/** Rungs: everything up to so many days away, from the one before; what is past stands before the first. */
export const RUNGS = [
  ["past", -1], ["week", 7], ["month", 31], ["quarter", 92], ["half", 183], ["year", 366], ["two", 731],
  ["later", Infinity],
];

/** What falls due by a view: {on, minor, currency, kind, subject}. `in` comes to the customer, `out` he has to pay. */
export function maturities(view) {
  return [...deposits(view), ...drawdowns(view), ...bills(view)].filter((item) => item.on && Number(item.minor) > 0);
}

/** Currency -> rungs with their sums: [{rung, in, out}], the currency with most first. */
export function ladder(items, today) {
  const currencies = new Map();
  for (const item of items) {
    const rungs = currencies.get(item.currency) ?? RUNGS.map(([rung]) => ({ rung, in: 0, out: 0 }));
    currencies.set(item.currency, rungs);
    rungs[rungOf(daysBetween(today, item.on))][item.kind === "deposit" ? "in" : "out"] += Number(item.minor);
  }
  return [...currencies].sort(([, one], [, other]) => total(other) - total(one));
}

function rungOf(days) {
  return RUNGS.findIndex(([, upTo]) => days <= upTo);
}

function total(rungs) {
  return rungs.reduce((sum, rung) => sum + rung.in + rung.out, 0);
}

function deposits(view) {
  return Object.values(view.accounts ?? {})
    .filter((account) => account.status !== "closed" && account.maturity_on)
    .map((account) => item("deposit", account.maturity_on, account.balance_minor, account.currency, account.account_id));
}

function drawdowns(view) {
  return Object.values(view.loans ?? {}).flatMap((loan) =>
    Object.entries(loan.drawdowns).filter(([, part]) => part.status !== "settled").map(([id, part]) =>
      item("drawdown", part.maturity_on, owed(part.amount_minor, part.repaid_minor), loan.currency, id)));
}

function bills(view) {
  return Object.values(view.acceptances ?? {}).flatMap((contract) =>
    Object.entries(contract.bills).filter(([, bill]) => bill.status !== "settled").map(([id, bill]) =>
      item("bill", bill.maturity_on, owed(bill.amount_minor, bill.paid_minor), contract.currency, id)));
}

function item(kind, on, minor, currency, subject) {
  return { kind, on, minor, currency, subject };
}

/** What is still to pay of an amount: never less than nothing. */
export function owed(amount, paid) {
  return Math.max(0, Number(amount ?? 0) - Number(paid ?? 0));
}
