// Who the customer is, and whose: the head of his page.

import { day, instant } from "./days.js";
import { h } from "./elements.js";
import { moneyByCurrency } from "./money.js";
import { badge } from "./panels.js";
import { code, t } from "./words.js";

const IDENTITY = ["document_number", "organisation_code", "phone", "email", "address", "born_on", "registered_on"];

/** What the head shows of a view. */
export function pickParty(view) {
  const { totals, interactions } = view;
  const fields = [...IDENTITY, "customer_id", "name", "kind", "vip", "tier", "host_manager", "co_hosts", "home_branch",
    "signatories", "masked"];
  const party = Object.fromEntries(fields.map((name) => [name, view[name]]));
  return { ...party, totals, held: view.holdings?.products ?? {}, contact: interactions?.last_contact_at };
}

/** The head: name and number, badges, who looks after him, how to reach him, what he has in sum. */
export function drawParty(party) {
  return [
    h("div", { class: "who" },
      h("h1", { tabindex: "-1" }, party.name || t("party.unnamed")),
      h("p", { class: "badges" }, h("span", { class: "number" }, party.customer_id), badges(party)),
      Object.keys(party.held).length > 0 && h("p", { class: "held" }, h("span", { class: "muted" }, t("party.holds")), " ",
        Object.entries(party.held).map(([product, n]) => (n > 1 ? `${code("product", product)} ×${n}` : code("product", product))).join(", "))),
    h("dl", { class: "facts" },
      fact("party.host", party.host_manager ?? t("party.no_host"), "host"),
      party.co_hosts?.length > 0 && fact("party.co_hosts", party.co_hosts.join(", ")),
      party.home_branch && fact("party.branch", party.home_branch),
      party.signatories?.length > 0 && fact("party.signatories", party.signatories.join(", ")),
      IDENTITY.filter((name) => party[name] !== null && party[name] !== undefined).map((name) =>
        fact(`party.${name}`, name.endsWith("_on") ? day(party[name]) : party[name], masked(party, name))),
      party.contact && fact("party.contact", instant(party.contact))),
    h("dl", { class: "sums" },
      sum("party.balances", party.totals?.balance_minor),
      sum("party.outstanding", party.totals?.outstanding_minor)),
  ];
}

function badges(party) {
  return [
    party.vip && badge(t("party.vip"), "good"),
    party.tier && badge(code("tier", party.tier)),
    party.kind && badge(code("party", party.kind)),
  ];
}

function fact(key, value, kind = null) {
  const title = kind === "masked" ? t("party.masked") : null;
  return h("div", { class: kind }, h("dt", {}, t(key)),
    h("dd", { title }, value, title && h("span", { class: "spoken" }, ` (${title})`)));
}

function masked(party, name) {
  return (party.masked ?? []).includes(name) ? "masked" : null;
}

function sum(key, amounts) {
  const shown = moneyByCurrency(amounts);
  return shown.length > 0 && h("div", {}, h("dt", {}, t(key)), h("dd", {}, shown.map((text) => h("span", { class: "amount" }, text))));
}
