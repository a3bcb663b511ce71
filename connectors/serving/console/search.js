// The one search box: any number, or the beginning of a name.

import { fill, h } from "./elements.js";
import { flash } from "./panels.js";
import { problemInWords } from "./states.js";
import { code, t } from "./words.js";

const CALM_MS = 140;
const LIMIT = 8;

/**
 * The box. Names are looked for as they are typed; a number only by Enter, since each look is on record. `open(id)` goes
 * to a customer.
 */
export function searchBox(api, open) {
  const input = h("input", {
    id: "search", type: "search", role: "combobox", "aria-expanded": "false", "aria-controls": "matches", "aria-autocomplete": "list",
    autocomplete: "off", autocapitalize: "off", spellcheck: "false", placeholder: t("search.hint"), "aria-label": t("search.label"),
    enterkeyhint: "search",
  });
  const list = h("ul", { id: "matches", role: "listbox", "aria-label": t("search.matches"), hidden: true });
  const said = h("p", { class: "said", role: "status", hidden: true });
  const counted = h("p", { class: "spoken", role: "status" });
  const element = h("form", { role: "search", onsubmit: submitted }, input, h("kbd", { "aria-hidden": "true" }, "/"), list, said, counted);
  let matches = [];
  let at = -1;
  let calm = null;
  let reading = new AbortController();

  input.addEventListener("input", () => {
    clearTimeout(calm);
    reading.abort();
    hide();
    const text = input.value.trim();
    if (text.length < 2 || isNumber(text)) return;
    calm = setTimeout(() => look(() => named(text), false), CALM_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { hide(); input.select(); return; }
    // The key that leads here says nothing here.
    if (event.key === "/" && !input.value) { event.preventDefault(); return; }
    if (!matches.length || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    choose((at + (event.key === "ArrowDown" ? 1 : matches.length + (at < 0 ? 0 : -1))) % matches.length);
  });
  input.addEventListener("focus", () => input.select());
  element.addEventListener("focusout", (event) => { if (!element.contains(event.relatedTarget)) hide(); });

  function submitted(event) {
    event.preventDefault();
    clearTimeout(calm);
    const text = input.value.trim();
    if (matches[at]) go(matches[at]);
    else if (text) look(() => api.post("/v1/find", { q: text }, signal()), true);
  }

  /** The sign by which what is asked now is called off when something else is asked. */
  function signal() {
    reading.abort();
    reading = new AbortController();
    return reading.signal;
  }

  function named(text) {
    return api.get(`/v1/search?${new URLSearchParams({ prefix: text, limit: LIMIT })}`, signal());
  }

  async function look(ask, entered) {
    try {
      const { matches: found, items } = await ask();
      take(found ?? items, entered);
    } catch (error) {
      if (error.status === 404 && entered) await byName(input.value.trim());
      else if (error.name !== "AbortError") tell(problemInWords(error));
    }
  }

  /** No number leads there: it may be the beginning of a name all the same. */
  async function byName(text) {
    try {
      take((await named(text)).items, true);
    } catch (error) {
      if (error.name !== "AbortError") tell(problemInWords(error));
    }
  }

  function take(found, entered) {
    if (entered && found.length === 1) go(found[0]);
    else if (found.length) show(found, entered);
    else if (entered) tell(t("search.none"));
    else hide();
  }

  function show(found, entered) {
    matches = found;
    at = -1;
    said.hidden = true;
    fill(list, found.map((match, place) => h("li", {
      id: `match-${place}`, role: "option", "aria-selected": "false",
      onmousedown: (event) => { event.preventDefault(); go(match); },
    }, h("span", { class: "name" }, match.name ?? match.customer_id), h("span", { class: "number" }, match.customer_id),
    h("span", { class: "muted" }, (match.why ?? []).map((why) => code("why", why)).join(", ")))));
    list.hidden = false;
    counted.textContent = t("search.count", { n: found.length });
    input.setAttribute("aria-expanded", "true");
    if (entered) choose(0);
  }

  function choose(place) {
    at = place;
    [...list.children].forEach((item, number) => item.setAttribute("aria-selected", String(number === at)));
    input.setAttribute("aria-activedescendant", `match-${at}`);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  function tell(text) {
    hide();
    said.textContent = text;
    said.hidden = false;
    flash(said);
  }

  function hide() {
    matches = [];
    at = -1;
    list.hidden = true;
    counted.textContent = "";
    said.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function go(match) {
    hide();
    input.value = "";
    input.blur();
    open(match.customer_id);
  }

  return { element, focus: () => input.focus() };
}

/** Whether it can only be a number: it has a digit in it, which no beginning of a name has. */
export function isNumber(text) {
  return /\d/.test(text);
}
