// Alerts and events in words: the sentence of its kind, filled with its own values.

import { day, instant } from "./days.js";
import { money } from "./money.js";
import { code, has, t } from "./words.js";

const CODES = new Set(["status", "tier", "tier_before", "direction", "channel", "outcome", "response", "product",
  "last_product", "role", "kind", "collateral_kind", "ground", "progress", "reason"]);
const FAMILIES = { tier_before: "tier", last_product: "product", collateral_kind: "pledge", kind: "party" };

/** What an alert says, in one sentence. */
export function alertInWords(alert) {
  const payload = alert.payload ?? {};
  const key = `alert.${alert.kind}${variant(alert.kind, payload)}`;
  const said = { customer_id: alert.customer_id, ...spelled(payload) };
  if (payload.customer_name === null) said.customer_name = alert.customer_id;
  return has(key) ? t(key, said) : `${code("alert_kind", alert.kind)}: ${listed(payload)}`;
}

/** What an event of the timeline says. */
export function eventInWords(event) {
  const key = `event.${event.type}`;
  return has(key) ? t(key) : event.type.replaceAll(/[._]/g, " ");
}

/** Why what is shown may be old; in the server's words where it knows a cause that the console does not. */
export function staleInWords({ causes, reason }) {
  return causes.every((cause) => has(`stale.${cause}`)) ? causes.map((cause) => t(`stale.${cause}`)).join("; ") : reason;
}

/** `name value, name value` of whatever values. */
export function listed(values) {
  return Object.entries(spelled(values)).filter(([, value]) => value !== "—")
    .filter(([name]) => !(name === "currency" && Object.keys(values).some((other) => other.endsWith("_minor"))))
    .map(([name, value]) => `${label(name)} ${value}`).join(" · ");
}

/** The values as a person reads them, by what their names end in. */
export function spelled(values) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, spell(name, value, values.currency)]));
}

function spell(name, value, currency) {
  if (name.endsWith("_minor")) return money(name === "amount_minor" ? magnitude(value) : value, currency);
  if (value === null || value === undefined || value === "") return "—";
  if (/(^|_)(on|since)$/.test(name)) return day(value);
  if (name.endsWith("_at")) return instant(value);
  if (Array.isArray(value)) return value.map((one) => code(name === "fields" ? "party" : "product", one)).join(", ");
  if (CODES.has(name)) return code(FAMILIES[name] ?? name, value);
  return typeof value === "object" ? JSON.stringify(value) : value;
}

function magnitude(value) {
  return value < 0 ? -value : value;
}

function label(name) {
  const key = `label.${name}`;
  return has(key) ? t(key) : name.replace(/_(minor|on|at|id)$/, "").replaceAll("_", " ");
}

function variant(kind, payload) {
  if (kind === "maturity") return payload.drawdown_id === undefined ? ".deposit" : ".drawdown";
  if (kind === "freeze_placed") return payload.reason ? ".why" : "";
  if (kind === "large_entry") return Number(payload.amount_minor) < 0 ? ".debit" : ".credit";
  return "";
}
