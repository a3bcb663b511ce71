// Parts of a page that are drawn again only when what they show changed, and then flash softly.

import { fill, h } from "./elements.js";
import { t } from "./words.js";

/**
 * A panel, with its name above it if `titled`: `pick(view)` gives what it shows, `draw(picked)` its nodes; null hides it.
 * `update` returns whether it was shown before and changed now. Focus stays on the control with the same `data-focus`.
 */
export function panel(name, { pick, draw, titled = true }) {
  const body = h("div", { class: "body" });
  const count = h("span", { class: "count" });
  const heading = titled && h("h2", {}, t(`panel.${name}`), " ", count);
  const element = h("section", { class: `panel ${name}`, id: name, "aria-label": t(`panel.${name}`), tabindex: "-1" }, heading, body);
  let shown = null;

  return {
    name,
    element,
    update(view) {
      const picked = pick(view);
      const text = JSON.stringify(picked, plain);
      if (text === shown) return false;
      const again = shown !== null;
      shown = text;
      const drawn = picked === null ? null : draw(picked);
      element.hidden = drawn === null;
      count.textContent = drawn?.count ? drawn.count : "";
      keepingFocus(body, () => fill(body, drawn?.nodes ?? drawn));
      if (again && !element.hidden) flash(element);
      return again;
    },
    /** Draws again although the same is shown: something beside the view changed. */
    forget() { shown = shown === null ? null : ""; },
  };
}

/** A softly fading mark that something changed here. */
export function flash(element) {
  // Of two names in turn: to begin the same animation anew, the page would have to be laid out in between.
  const again = element.classList.contains("flash");
  element.classList.toggle("flash", !again);
  element.classList.toggle("flash-again", again);
}

/** A table: columns [[key of words, kind]], rows of cells; kind `money` or `number` stands to the right. */
export function table(caption, columns, rows) {
  const classes = columns.map(([, kind]) => kind ?? null);
  const heads = columns.map(([key, kind]) =>
    h("th", { scope: "col", class: kind }, key ? t(key) : h("span", { class: "spoken" }, t("column.actions"))));
  const lines = rows.map((row) => h("tr", { class: row.class, "data-focus-row": row.key },
    row.cells.map((cell, place) => h(place ? "td" : "th", { scope: place ? null : "row", class: classes[place] }, cell))));
  return h("div", { class: "scroll" }, h("table", {},
    h("caption", { class: "spoken" }, t(caption)), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, lines)));
}

/** A word in a small box: `tone` urgent, warning, good or quiet. */
export function badge(text, tone = "quiet", title = null) {
  return h("span", { class: `badge ${tone}`, title }, text);
}

/**
 * What is seldom looked at, behind its number, and made when somebody does; null when there is none. It stays unfolded
 * when its panel is drawn again.
 */
export function folded(name, text, n, make) {
  if (!n) return null;
  const details = h("details", { "data-fold": name }, h("summary", {}, text));
  details.addEventListener("toggle", () => details.append(...[make()].flat()), { once: true });
  return details;
}

function unfold(details) {
  if (!details) return;
  details.open = true;
  // Now: the browser tells of it later, and the focus may have to go back into it.
  details.dispatchEvent(new Event("toggle"));
}

/** The link to a customer's page. */
export function customerLink(customerId, name) {
  return h("a", { href: `#/customer/${encodeURIComponent(customerId)}`, "data-focus": `customer-${customerId}` },
    name || customerId);
}

function keepingFocus(body, change) {
  const held = body.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  const unfolded = [...body.querySelectorAll("details[open]")].map((details) => details.dataset.fold);
  change();
  for (const fold of unfolded) unfold(body.querySelector(`[data-fold="${CSS.escape(fold)}"]`));
  if (held) body.querySelector(`[data-focus="${CSS.escape(held)}"]`)?.focus();
}

function plain(_key, value) {
  return typeof value === "bigint" ? String(value) : value;
}
