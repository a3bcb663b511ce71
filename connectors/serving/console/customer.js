// The customer page: one view, its panels, and what changes in it while it is looked at.

import { actions, alertRows } from "./alerts.js";
import { applied, isBehind, readings } from "./changes.js";
import { drawComplaints, pickComplaints } from "./complaints.js";
import { day, instant } from "./days.js";
import { fill, h } from "./elements.js";
import { drawHoldings, pickHoldings } from "./holdings.js";
import { drawLadder, drawLending, pickLadder, pickLending } from "./lending.js";
import { money } from "./money.js";
import { badge, panel } from "./panels.js";
import { drawParty, pickParty } from "./party.js";
import { empty, loading, troubled } from "./states.js";
import { merged } from "./timeline.js";
import { openAlerts, openComplaints, warnings } from "./warnings.js";
import { alertInWords, eventInWords, listed } from "./wording.js";
import { code, t } from "./words.js";

const LIMITS_MS = 200;
const LIMITS_AGAIN_MS = 5_000;

/**
 * Opens the page of a customer in `main`. `desk` is what the console lends its pages: api, person, may, today,
 * fresh, say, follow, title. Returns a function that closes it.
 */
export function openCustomer(main, desk, customerId) {
  const path = pathOf(customerId);
  const reading = new AbortController();
  const acting = desk.may("act") ? actions((alert, said) => desk.api.post(`/v1/alerts/${alert.alert_id}/actions`, said), redraw) : null;
  const panels = customerPanels(acting);
  const known = readings();
  let view = null;
  let unfollow = null;
  let later = null;

  async function read() {
    const found = await known.read(() => desk.api.get(path, reading.signal));
    if (!found) return;
    const { customer, masked, limits, freshness } = found.answer;
    desk.fresh(freshness);
    view = applied({ ...customer, masked, limits, today: desk.today() }, found.lately);
    if (!main.contains(panels.party.element)) show();
    draw();
    // As long as Redis is behind it has no more to give; when it has caught up all is read again.
    if (!isBehind(freshness)) readLimits(LIMITS_AGAIN_MS);
  }

  /** Only the API knows until when a complaint that just came is to be answered, when Redis has it. */
  function readLimits(wait) {
    if (openComplaints(view).every((complaint) => view.limits[complaint.complaint_id])) return;
    later ??= setTimeout(() => { later = null; read().catch(failed); }, wait);
  }

  function draw() {
    const changed = Object.values(panels).filter((one) => one.update(view)).map((one) => one.name);
    if (changed.length) desk.say(t("page.updated", { what: changed.map((name) => t(`panel.${name}`)).join(", ") }));
  }

  /** What the stream told: the sections that changed, or that everything has to be read again. */
  function heard(name, what) {
    if (name === "view") {
      known.put(what.sections);
      view = applied(view, what.sections);
      draw();
      readLimits(LIMITS_MS);
    } else if (name !== "alert") {
      if (name === "reset") known.forget();
      read().catch(failed);
    }
  }

  function show() {
    fill(main, layout(panels));
    desk.title(view.name ?? customerId);
    main.querySelector("h1")?.focus({ preventScroll: true });
  }

  function redraw() {
    panels.alerts.forget();
    panels.alerts.update(view);
  }

  async function start() {
    const asked = performance.now();
    desk.say(t("state.loading"));
    fill(main, h("div", { class: "page" }, h("section", { class: "panel party" }, loading(3)), h("section", { class: "panel" }, loading(6))));
    try {
      await read();
      acting?.resume(openAlerts(view.alerts));
      if (!reading.signal.aborted) unfollow = desk.follow(`/v1/stream?customer=${encodeURIComponent(customerId)}`, heard, asked);
    } catch (error) {
      failed(error);
    }
  }

  function failed(error) {
    if (error.name === "AbortError") return;
    unfollow?.();
    clearTimeout(later);
    later = null;
    // Nothing is followed: the page does not come back by itself.
    known.forget();
    fill(main, troubled(error, start));
    desk.title(t("page.trouble"));
    main.querySelector("h1")?.focus({ preventScroll: true });
  }

  start();
  return () => { reading.abort(); unfollow?.(); clearTimeout(later); };
}

/** Where the API has the view of a customer. */
export function pathOf(customerId) {
  return `/v1/customers/${encodeURIComponent(customerId)}`;
}

function customerPanels(acting) {
  const drawn = new Map();
  return {
    party: panel("party", { titled: false, pick: pickParty, draw: drawParty }),
    warnings: panel("warnings", { titled: false, pick: (view) => nonEmpty(warnings(view)), draw: drawWarnings }),
    holdings: panel("holdings", { pick: pickHoldings, draw: drawHoldings }),
    lending: panel("lending", { pick: pickLending, draw: drawLending }),
    ladder: panel("ladder", { pick: pickLadder, draw: drawLadder }),
    alerts: panel("alerts", { pick: (view) => openAlerts(view.alerts), draw: (alerts) => drawAlerts(alerts, acting, drawn) }),
    complaints: panel("complaints", { pick: pickComplaints, draw: drawComplaints }),
    timeline: panel("timeline", { pick: (view) => merged(view), draw: drawTimeline }),
  };
}

function layout(panels) {
  const column = (...names) => h("div", { class: "column" }, names.map((name) => panels[name].element));
  return h("div", { class: "page customer" }, panels.party.element, panels.warnings.element,
    h("div", { class: "columns" }, column("holdings", "ladder", "lending"), column("alerts", "complaints", "timeline")));
}

function drawWarnings(found) {
  return h("ul", {}, found.map(({ grade, what, values, panel: where }) => h("li", { class: grade },
    h("button", { type: "button", "data-focus": `warning-${what}`, onclick: () => reveal(where) },
      t(`warning.${what}`, { ...values, amount: money(values.minor, values.currency), day: values.on ? day(values.on) : "—" })))));
}

function reveal(name) {
  const element = document.getElementById(name);
  element?.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  element?.focus({ preventScroll: true });
}

function drawAlerts(alerts, acting, drawn) {
  return { nodes: alertRows(alerts, { acting, shown: 6, drawn }), count: alerts.length ? String(alerts.length) : "" };
}

function drawTimeline(events) {
  if (!events.length) return empty("timeline.none");
  return h("ol", { class: "timeline" }, events.map((event) => h("li", { class: event.alert ? "alert" : event.type.split(".")[0] },
    h("time", { datetime: event.at }, event.at.length === 10 ? day(event.at) : instant(event.at)),
    h("div", {}, event.alert
      ? [h("strong", {}, code("alert_kind", event.alert.kind)), " ", badge(code("state", event.alert.state)), h("p", {}, alertInWords(event.alert))]
      : [h("strong", {}, eventInWords(event)), " ", h("span", { class: "number" }, subject(event)), h("p", {}, listed(event.detail))]))));
}

/** The numbers in a subject: `loan:L1/drawdown:D1` -> `L1 / D1`; nothing where it says no more than the event does. */
function subject(event) {
  if (/^(profile|interactions|relationship)\b/.test(event.subject)) return "";
  return event.subject.split("/").map((part) => part.slice(part.indexOf(":") + 1)).join(" / ");
}

function nonEmpty(list) {
  return list.length ? list : null;
}
