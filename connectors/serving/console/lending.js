// Lending: what is owed under each contract, its drawdowns, and what falls due when.

import { day, distance } from "./days.js";
import { h } from "./elements.js";
import { ladder, maturities, owed } from "./ladder.js";
import { money } from "./money.js";
import { badge, folded, table } from "./panels.js";
import { exposureBar, ladderPicture } from "./pictures.js";
import { code, t } from "./words.js";

const TONES = { in_arrears: "urgent", called: "urgent", open: "good", settled: "quiet", released: "quiet", expired: "quiet" };
const OVER = new Set(["settled", "released", "expired"]);

/** Contracts of every kind, the living first, each with what is pledged for it. */
export function pickLending(view) {
  const families = [["loan", view.loans], ["guarantee", view.guarantees], ["acceptance", view.acceptances]];
  const contracts = families.flatMap(([kind, held]) => Object.values(held ?? {}).map((contract) => ({
    kind, contract, pledged: view.collateral?.[contract.contract_id] ?? null,
  })));
  if (!contracts.length) return null;
  contracts.sort((one, other) => Number(OVER.has(one.contract.status)) - Number(OVER.has(other.contract.status)));
  return { contracts, today: view.today };
}

/** A block for each contract that lives; the others folded away. */
export function drawLending({ contracts, today }) {
  const [living, over] = [false, true].map((is) => contracts.filter(({ contract }) => OVER.has(contract.status) === is));
  const draw = (part) => part.map((one) => drawContract(one, today));
  return { nodes: [draw(living), folded("over", t("lending.over", { n: over.length }), over.length, () => draw(over))], count: String(living.length) };
}

function drawContract({ kind, contract, pledged }, today) {
  return h("article", { class: `contract ${OVER.has(contract.status) ? "over" : ""}` },
    h("header", {},
      h("h3", {}, t(`lending.${kind}`), " ", h("span", { class: "number" }, contract.contract_id)),
      badge(code("status", contract.status), TONES[contract.status]),
      h("span", { class: "muted" }, until(contract.maturity_on ?? contract.expires_on, today))),
    h("div", { class: "exposed" }, FIGURES[kind](contract)), pledged && drawPledged(pledged), parts(kind, contract, today));
}

const FIGURES = {
  loan: (loan) => [
    exposureBar(loan.outstanding_minor, loan.contract_minor, loan.arrears_minor),
    figures(loan.currency, {
      outstanding: loan.outstanding_minor, limit: loan.contract_minor, drawn: loan.drawn_minor,
      arrears: Number(loan.arrears_minor) > 0 ? loan.arrears_minor : undefined,
    })],
  guarantee: (letter) => [
    figures(letter.currency, {
      guaranteed: letter.amount_minor, called: Number(letter.called_minor) > 0 ? letter.called_minor : undefined,
    }),
    letter.beneficiary && h("p", { class: "muted" }, t("lending.beneficiary", { name: letter.beneficiary }))],
  acceptance: (contract) => [
    exposureBar(contract.outstanding_minor, contract.accepted_minor, 0),
    figures(contract.currency, { to_provide: contract.outstanding_minor, accepted: contract.accepted_minor })],
};

function figures(currency, amounts) {
  const known = Object.entries(amounts).filter(([, minor]) => minor !== undefined);
  return h("dl", { class: "figures" }, known.map(([name, minor]) =>
    h("div", { class: name }, h("dt", {}, t(`lending.${name}`)), h("dd", { class: "amount" }, money(minor, currency)))));
}

function drawPledged(collateral) {
  if (collateral.value_minor === 0) return null;
  const kinds = Object.values(collateral.pledges).filter((pledge) => pledge.status === "pledged")
    .map((pledge) => code("pledge", pledge.kind));
  return h("p", { class: "muted" }, t("lending.collateral", {
    amount: money(collateral.value_minor, collateral.currency), kinds: kinds.join(", ") || "—",
  }));
}

function parts(kind, contract, today) {
  const held = kind === "loan" ? drawdowns(contract) : kind === "acceptance" ? bills(contract) : [];
  const [living, over] = [false, true].map((is) => held.filter((part) => OVER.has(part.status) === is));
  return [
    living.length > 0 && partsTable(kind, living, contract.currency, today),
    folded(`parts-${contract.contract_id}`, t("lending.parts_over", { n: over.length }), over.length, () => partsTable(kind, over, contract.currency, today)),
  ];
}

function partsTable(kind, held, currency, today) {
  const rows = held.map((part) => ({
    class: OVER.has(part.status) ? "over" : null,
    cells: [h("span", { class: "number" }, part.id), badge(code("status", part.status), TONES[part.status]),
      money(part.amount, currency), money(part.owed, currency), until(part.on, today)],
  }));
  const columns = [[`column.${kind}_part`], ["column.status"], ["column.amount", "money"], ["column.owed", "money"], ["column.matures"]];
  return table(`lending.${kind}`, columns, rows);
}

function drawdowns(loan) {
  return Object.entries(loan.drawdowns).map(([id, part]) => ({
    id, status: part.status, amount: part.amount_minor, on: part.maturity_on,
    owed: unpaid(part.status, part.amount_minor, part.repaid_minor),
  }));
}

function bills(contract) {
  return Object.entries(contract.bills).map(([id, bill]) => ({
    id, status: bill.status, amount: bill.amount_minor, on: bill.maturity_on,
    owed: unpaid(bill.status, bill.amount_minor, bill.paid_minor),
  }));
}

function unpaid(status, amount, paid) {
  if (status === "settled") return 0;
  return amount === null ? null : owed(amount, paid);
}

function until(on, today) {
  return on ? [day(on), " ", h("span", { class: "muted" }, distance(today, on))] : "—";
}

/** What falls due, or null when nothing does. */
export function pickLadder(view) {
  const items = maturities(view);
  return items.length ? { rungs: ladder(items, view.today) } : null;
}

/** A picture for each currency. */
export function drawLadder({ rungs }) {
  const both = rungs.some(([, held]) => held.some((rung) => rung.in > 0));
  return [
    rungs.map(([currency, held]) => h("figure", {}, h("figcaption", {}, currency), ladderPicture(currency, held))),
    h("p", { class: "legend" }, h("span", { class: "out" }, t("ladder.legend.out")),
      both && h("span", { class: "in" }, t("ladder.legend.in"))),
  ];
}
