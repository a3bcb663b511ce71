// The one search box: any number, or the beginning of a name.

import { fill, h } from "./elements.js";
import { flash } from "./panels.js";
import { problemInWords } from "./states.js";
import { t } from "./words.js";

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
  const element = h("form", { role: "search", onsubmit: submitted }, input, h("kbd", { "aria-hidden": "true" }, "/"), list, said);
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
    calm = setTimeout(() => look(`/v1/search?${new URLSearchParams({ prefix: text, limit: LIMIT })}`, false), CALM_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { hide(); input.select(); return; }
    if (!matches.length || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    choose((at + (event.key === "ArrowDown" ? 1 : matches.length + (at < 0 ? 0 : -1))) % matches.length);
  });
  input.addEventListener("focus", () => input.select());
  element.addEventListener("focusout", (event) => { if (!element.contains(event.relatedTarget)) hide(); });

  function submitted(event) {
    event.preventDefault();
    clearTimeout(calm);
    if (matches[at]) return go(matches[at]);
    const text = input.value.trim();
    if (text) look(`/v1/find?${new URLSearchParams({ q: text })}`, true);
    return undefined;
  }

  async function look(path, entered) {
    reading.abort();
    reading = new AbortController();
    const { signal } = reading;
    try {
      const answer = await api.get(path, signal);
      if (entered && answer.matches.length === 1) return go(answer.matches[0]);
      show(answer.matches, entered);
    } catch (error) {
      if (error.name === "AbortError") return undefined;
      if (error.status === 404) return entered ? byName(input.value.trim()) : hide();
      tell(problemInWords(error));
    }
    return undefined;
  }

  /** No number leads there: it may be the beginning of a name all the same. */
  async function byName(text) {
    try {
      const answer = await api.get(`/v1/search?${new URLSearchParams({ prefix: text, limit: LIMIT })}`, reading.signal);
      if (answer.matches.length === 1) return go(answer.matches[0]);
      show(answer.matches, true);
    } catch (error) {
      if (error.name !== "AbortError") tell(error.status === 403 || error.status === 404 ? t("search.none") : problemInWords(error));
    }
    return undefined;
  }

  function show(found, entered) {
    matches = found;
    at = -1;
    if (!found.length) return entered ? tell(t("search.none")) : hide();
    said.hidden = true;
    fill(list, found.map((match, place) => h("li", {
      id: `match-${place}`, role: "option", "aria-selected": "false",
      onmousedown: (event) => { event.preventDefault(); go(match); },
    }, h("span", { class: "name" }, match.name ?? match.customer_id), h("span", { class: "number" }, match.customer_id),
    match.why && h("span", { class: "muted" }, t(`search.why.${match.why}`)))));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    if (entered) choose(0);
    return undefined;
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
