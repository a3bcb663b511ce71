// My day: what a manager, or a branch, has to look at now.

import { actions, alertRows } from "./alerts.js";
import { readings } from "./changes.js";
import { age, limitBadges } from "./complaints.js";
import { comesRound, day, distance, instant, plusDays } from "./days.js";
import { fill, h } from "./elements.js";
import { money, moneyByCurrency } from "./money.js";
import { badge, customerLink, folded, panel, table } from "./panels.js";
import { empty, loading, trouble } from "./states.js";
import { openAlerts } from "./warnings.js";
import { code, t } from "./words.js";

const WEEK = 7;
const UNTOUCHED_DAYS = 90;
const PORTFOLIO = 25;
const UNFOLDED = 8;
const AGAIN_MS = 60_000;

/** Opens the page; `desk` as for a customer. Returns a function that closes it. */
export function openMyDay(main, desk) {
  const { person } = desk;
  const scope = person.manager ? "managers/me" : "branches/me";
  const reading = new AbortController();
  const acting = desk.may("act") ? actions((alert, said) => desk.api.post(`/v1/alerts/${alert.alert_id}/actions`, said), redraw) : null;
  const panels = dayPanels(desk, acting);
  const called = new Map();
  const known = Object.fromEntries(Object.keys(PARTS).map((name) => [name, readings()]));
  let alerts = null;
  let more = null;
  let later = null;

  async function read(name) {
    try {
      const found = await known[name].read(() => PARTS[name].read(desk, scope, reading.signal));
      if (found) take(name, found.answer, Object.values(found.lately));
    } catch (error) {
      if (error.name !== "AbortError") panels[name].update({ error, again: () => read(name) });
    }
  }

  function take(name, answer, told) {
    desk.fresh(answer.freshness);
    for (const { customer } of answer.items) called.set(customer.customer_id, customer.name);
    if (name === "alerts") {
      alerts = answer.items.map((item) => ({ ...item.alert, customer_name: item.customer.name }));
      more = answer.next;
      told.forEach(put);
    }
    show(name, answer);
    if (name === "alerts") acting?.resume(alerts);
  }

  function show(name, answer) {
    return panels[name].update({ answer: name === "alerts" ? { items: alerts, next: more } : answer });
  }

  function redraw() {
    panels.alerts.forget();
    show("alerts");
  }

  /** An alert is shown at once. Views of somebody change all the time: the lists made of them are read now and then. */
  function heard(name, what) {
    if (name === "alert") {
      if (!person.manager || what.alert.to === person.manager) add(what.alert);
    } else if (name === "view") {
      later ??= setTimeout(readAll, AGAIN_MS);
    } else {
      if (name === "reset") known.alerts.forget();
      readAll();
    }
  }

  function readAll() {
    clearTimeout(later);
    later = null;
    names.forEach(read);
  }

  /** Shows an alert that was told, now or when the list is there. */
  function add(alert) {
    known.alerts.put({ [alert.alert_id]: alert });
    if (!alerts) return;
    const isNew = !find(alert);
    const who = put(alert);
    if (show("alerts") && isNew) desk.say(t("page.alert", { kind: code("alert_kind", alert.kind), who: who ?? alert.customer_id }));
  }

  /** Puts it into the list, unless a newer state of it is there. Returns whom it is about. */
  function put(alert) {
    const shown = find(alert);
    const who = shown?.customer_name ?? called.get(alert.customer_id) ?? alert.payload?.customer_name;
    if (!(shown?.revision >= alert.revision)) alerts = [{ customer_name: who, ...alert }, ...alerts.filter((one) => one !== shown)];
    return who;
  }

  function find(alert) {
    return alerts.find((one) => one.alert_id === alert.alert_id);
  }

  const names = Object.keys(PARTS).filter((name) => person.manager || PARTS[name].forBranches);
  fill(main, layout(person, names.map((name) => panels[name].element)));
  names.forEach((name) => { fill(panels[name].element.querySelector(".body"), loading(3)); read(name); });
  desk.title(t("page.day"));
  main.querySelector("h1")?.focus({ preventScroll: true });
  const unfollow = desk.follow(`/v1/stream?${person.manager ? "manager" : "branch"}=me`, heard);
  return () => { reading.abort(); unfollow(); clearTimeout(later); };
}

function layout(person, parts) {
  const whose = person.manager ? t("day.of_manager", { who: person.manager }) : t("day.of_branch", { branch: person.branch });
  const [first, ...others] = parts;
  return h("div", { class: "page day" },
    h("div", { class: "who" }, h("h1", { tabindex: "-1" }, t("page.day")), h("p", { class: "muted" }, whose)),
    h("div", { class: "columns" }, h("div", { class: "column" }, first), h("div", { class: "column" }, others)));
}

const PARTS = {
  alerts: { forBranches: true, read: (desk, scope, signal) => desk.api.get(`/v1/${scope}/alerts`, signal) },
  complaints: { forBranches: true, read: (desk, scope, signal) => desk.api.get(`/v1/${scope}/complaints`, signal) },
  maturities: { forBranches: true, read: (desk, scope, signal) => desk.api.get(`/v1/${scope}/maturities?${span(desk, WEEK)}`, signal) },
  birthdays: { read: (desk, scope, signal) => desk.api.get(`/v1/${scope}/birthdays?${span(desk, WEEK)}`, signal) },
  untouched: {
    read: (desk, scope, signal) => desk.api.get(`/v1/${scope}/untouched?since=${plusDays(desk.today(), -UNTOUCHED_DAYS)}`, signal),
  },
  portfolio: { forBranches: true, read: (desk, scope, signal) => desk.api.get(`/v1/${scope}/portfolio?limit=${PORTFOLIO}`, signal) },
};

function span(desk, days) {
  return new URLSearchParams({ from: desk.today(), to: plusDays(desk.today(), days) });
}

function dayPanels(desk, acting) {
  const drawn = new Map();
  const draw = {
    alerts: ({ items, next }) => {
      const open = openAlerts(items);
      return { nodes: alertRows(open, { acting, withCustomer: true, shown: 20, drawn }), count: String(open.length) + (next ? "+" : "") };
    },
    complaints: ({ items, next }) => drawComplaints(items, next, desk.today()),
    maturities: ({ items }) => drawMaturities(items, desk.today()),
    birthdays: ({ items }) => drawBirthdays(items, desk.today()),
    untouched: ({ items }) => drawUntouched(items, desk.today()),
    portfolio: ({ items, next }) => drawPortfolio(items, next),
  };
  return Object.fromEntries(Object.keys(PARTS).map((name) => [name, panel(name, {
    pick: ({ answer, error, again }) => (error ? { error, again, failed: String(error) } : withoutFreshness(answer)),
    draw: (picked) => (picked.error ? trouble(picked.error, picked.again) : draw[name](picked)),
  })]));
}

function withoutFreshness({ freshness: _unused, ...answer }) {
  return answer;
}

/** Open complaints, as the API has them: the one that has to be dealt with first at the head. */
function drawComplaints(items, next, today) {
  if (!items.length && !next) return empty("day.no_complaints");
  const list = (part) => h("ul", { class: "complaints" }, part.map(({ customer, complaint, limits }) => h("li", {},
    h("p", {}, linkTo({ customer }), " · ", h("strong", {}, complaint.issue || complaint.product || t("complaints.untitled"))),
    h("p", { class: "days" }, t("complaints.received", { day: day(complaint.received_on) }), " · ", age(complaint, today), limitBadges(limits, today)))));
  const rest = items.slice(UNFOLDED);
  return {
    nodes: [list(items.slice(0, UNFOLDED)), folded("complaints", t("day.more_complaints", { n: rest.length }), rest.length, () => list(rest))],
    count: String(items.length) + (next ? "+" : ""),
  };
}

function drawMaturities(maturities, today) {
  if (!maturities.length) return empty("maturities.none");
  const rows = maturities.map((one) => ({
    cells: [linkTo(one), subjectInWords(one.subject), money(one.amount_minor, one.currency),
      [day(one.on), " ", h("span", { class: "muted" }, distance(today, one.on))]],
  }));
  return { nodes: table("panel.maturities", [["column.customer"], ["column.what"], ["column.amount", "money"], ["column.matures"]], rows), count: String(maturities.length) };
}

function linkTo({ customer }) {
  return customerLink(customer.customer_id, customer.name);
}

function subjectInWords(subject) {
  const [family, id] = String(subject).split(/:(.*)/s);
  return [code("subject", family), " ", h("span", { class: "number" }, (id ?? "").replace(/\/(drawdown|bill):/, " / "))];
}

function drawBirthdays(birthdays, today) {
  if (!birthdays.length) return empty("birthdays.none");
  return {
    nodes: h("ul", { class: "plain" }, birthdays.map(({ customer, born_on: bornOn }) => {
      const on = comesRound(bornOn, today);
      return h("li", {}, linkTo({ customer }), " ", customer.kind === "corporate" && badge(t("birthdays.founded")),
        h("span", { class: "muted" }, `${day(on)} · ${distance(today, on)}`));
    })),
    count: String(birthdays.length),
  };
}

function drawUntouched(customers, today) {
  if (!customers.length) return empty("untouched.none");
  const list = (part) => h("ul", { class: "plain" }, part.map((one) => h("li", {}, linkTo(one), " ",
    h("span", { class: "muted" }, one.last_contact_at ? `${instant(one.last_contact_at)} · ${distance(today, one.last_contact_at.slice(0, 10))}` : t("untouched.never")))));
  const rest = customers.slice(UNFOLDED);
  return {
    nodes: [list(customers.slice(0, UNFOLDED)), folded("untouched", t("untouched.more", { n: rest.length }), rest.length, () => list(rest))],
    count: String(customers.length),
  };
}

function drawPortfolio(customers, next) {
  if (!customers.length) return empty("portfolio.none");
  const rows = customers.map(({ customer, totals }) => ({
    cells: [customerLink(customer.customer_id, customer.name), h("span", { class: "number" }, customer.customer_id),
      [customer.vip && badge(t("party.vip"), "good"), customer.tier && badge(code("tier", customer.tier))],
      moneyByCurrency(totals?.balance_minor)[0] ?? "—"],
  }));
  const rest = next && h("p", { class: "muted" }, t("portfolio.more", { n: customers.length }));
  return { nodes: [table("panel.portfolio", [["column.customer"], ["column.number"], ["column.tier"], ["column.balance", "money"]], rows), rest], count: String(customers.length) + (next ? "+" : "") };
}
