// Accounts and deposits, each with how its balance went.

import { day, distance } from "./days.js";
import { h } from "./elements.js";
import { money } from "./money.js";
import { badge, folded, table } from "./panels.js";
import { sparkline } from "./pictures.js";
import { points } from "./sparkline.js";
import { code, t } from "./words.js";

const TONES = { frozen: "urgent", open: "good", closed: "quiet" };

/** Accounts with their histories, those that are closed last. */
export function pickHoldings(view) {
  const accounts = Object.values(view.accounts ?? {});
  if (!accounts.length) return null;
  const closed = (account) => Number(account.status === "closed");
  accounts.sort((one, other) => closed(one) - closed(other) || (one.account_id < other.account_id ? -1 : 1));
  return { today: view.today, accounts: accounts.map((account) => ({ account, history: view.history?.[account.account_id] })) };
}

/** The table of those that live; the others folded away. */
export function drawHoldings({ accounts, today }) {
  const [open, closed] = [false, true].map((over) => accounts.filter(({ account }) => (account.status === "closed") === over));
  return {
    nodes: [open.length > 0 && drawAccounts(open, today), folded("closed", t("holdings.closed", { n: closed.length }), closed.length, () => drawAccounts(closed, today))],
    count: String(open.length),
  };
}

function drawAccounts(accounts, today) {
  const rows = accounts.map(({ account, history }) => ({
    key: account.account_id,
    class: account.status === "closed" ? "over" : null,
    cells: [
      [h("span", { class: "number" }, account.account_id), " ", h("span", { class: "muted" }, code("product", account.product))],
      badge(code("status", account.status), TONES[account.status]),
      run(account, history),
      balance(account),
      account.maturity_on && account.status !== "closed" ? [day(account.maturity_on), " ", h("span", { class: "muted" }, distance(today, account.maturity_on))] : "—",
    ],
  }));
  const columns = [["column.account"], ["column.status"], ["column.run"], ["column.balance", "money"], ["column.matures"]];
  return table("panel.holdings", columns, rows);
}

function run(account, history) {
  const known = points(history, account.balance_minor, account.balance_on?.slice(0, 7));
  return known.length > 1 ? sparkline(known, account.currency) : h("span", { class: "muted" }, "—");
}

function balance(account) {
  const frozen = Number(account.frozen_minor) > 0
    && h("span", { class: "frozen" }, t("holdings.frozen", { amount: money(account.frozen_minor, account.currency) }));
  return [h("span", { class: "amount" }, money(account.balance_minor, account.currency)), frozen];
}
