// What stands where nothing else can: loading, empty, not found, forbidden, out of reach, signed out.

import { ApiError } from "./api.js";
import { h } from "./elements.js";
import { has, t } from "./words.js";

/** Grey lines where a panel will be. */
export function loading(lines = 4) {
  const bars = Array.from({ length: lines }, (_unused, place) => h("i", { class: `bar-${(place % 3) + 1}` }));
  return h("div", { class: "loading" }, h("span", { class: "spoken" }, t("state.loading")), bars);
}

/** A panel that is rightly empty. */
export function empty(key) {
  return h("p", { class: "empty" }, t(key));
}

/** A whole page that says one thing. `kind` chooses the words `state.<kind>.title` and `.text`, and the sign. */
export function statement(kind, { values = {}, action = null, detail = null } = {}) {
  return h("section", { class: `statement ${kind}`, "aria-labelledby": "statement" },
    h("div", { class: "sign", "aria-hidden": "true" }, SIGNS[kind] ?? "!"),
    h("h1", { id: "statement", tabindex: "-1" }, t(`state.${kind}.title`, values)),
    h("p", {}, t(`state.${kind}.text`, values)),
    detail && h("p", { class: "detail" }, detail),
    action);
}

const SIGNS = { forbidden: "⊘", unknown: "?", signed_out: "→", unreachable: "…", welcome: "/", why: "?", nothing: "·", failed: "!" };

/** The page for an error: forbidden, unknown, out of reach, or failed; `again` tries once more. */
export function troubled(error, again) {
  const kind = kindOf(error);
  const retry = ["unreachable", "failed"].includes(kind)
    && h("button", { class: "primary", type: "button", onclick: again }, t("action.again"));
  return statement(kind, { action: retry, detail: kind === "failed" ? problemInWords(error) : null });
}

/** One line for a part of a page that could not be read. */
export function trouble(error, again) {
  const kind = kindOf(error);
  const retry = !["forbidden", "unknown"].includes(kind)
    && h("button", { class: "quiet", type: "button", onclick: again }, t("action.again"));
  return h("p", { class: "trouble", role: "alert" }, problemInWords(error), " ", retry);
}

/** An error in the reader's language: by the problem's type, else by what kind it is. */
export function problemInWords(error) {
  const slug = String(error.problem?.type ?? "").split(/[/#:]/).pop().replaceAll("-", "_");
  if (slug && has(`problem.${slug}`)) return t(`problem.${slug}`);
  const kind = kindOf(error);
  if (kind !== "failed") return t(`state.${kind}.title`);
  return error instanceof ApiError ? t("problem.other", { status: error.status, detail: error.message }) : String(error);
}

function kindOf(error) {
  if (!(error instanceof ApiError)) return "failed";
  if (error.status === 403) return "forbidden";
  if (error.status === 404) return "unknown";
  return [0, 429, 502, 503, 504].includes(error.status) ? "unreachable" : "failed";
}
