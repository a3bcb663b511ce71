// The console: signs in, says who is there, and shows the page that the address names.

import { api, parse } from "./api.js";
import { LATELY_MS, isBehind } from "./changes.js";
import { openCustomer, pathOf } from "./customer.js";
import { instant, localDay } from "./days.js";
import { dropDraftsOfOthers, keepDrafts, typed } from "./drafts.js";
import { fill, h } from "./elements.js";
import { listen } from "./keyboard.js";
import { hide, know } from "./money.js";
import { openMyDay } from "./my_day.js";
import { openOperations } from "./operations.js";
import { renewal } from "./renewal.js";
import { searchBox } from "./search.js";
import { forget, session } from "./session.js";
import { comeBack, signIn, signOut } from "./sign_in.js";
import { loading, statement, troubled } from "./states.js";
import { follow } from "./stream.js";
import { staleInWords } from "./wording.js";
import { LANGUAGES, chosen, has, language, speak, t } from "./words.js";

const REASON = "c360.reason";
const KEYS = "c360.keys";
const SLOW_MS = 300;
const at = (id) => document.getElementById(id);
const [bar, notice, main, foot, spoken] = ["bar", "notice", "main", "foot", "spoken"].map(at);
const state = { config: null, person: null, box: null, close: null, freshness: null, link: "quiet", reason: null, isOld: false };
const tokens = renewal(configured, () => signedOut("ended"));
const lookups = api(tokens, () => state.reason, () => signedOut("ended"));

const desk = {
  api: lookups,
  get person() { return state.person; },
  may: (what) => (state.person?.may ?? []).includes(what),
  today: () => state.person?.today ?? localDay(new Date()),
  title: (text) => { document.title = `${text} · c360`; },
  say: (text) => { spoken.textContent = text; },
  /** Shows how fresh an answer is. */
  fresh: (freshness) => {
    state.isOld ||= isBehind(freshness);
    fresh(freshness);
  },
  /**
   * Follows changes: `heard(name, told)` takes them; "reset" when some were missed, "gone" when nothing may be seen any
   * more, "caught up" when what was read lacked changes that nobody will tell, and would not now.
   */
  follow: (path, heard, asked) => {
    let token = "";
    let again = null;
    const connect = async (headers, signal) => {
      token = await tokens.token();
      return lookups.stream(path, headers, signal);
    };
    const close = follow(connect, {
      event: (name, data) => {
        const told = parse(data);
        if (name === "reset") {
          // Redis may not have had yet what was missed.
          clearTimeout(again);
          again = setTimeout(() => heard("caught up"), LATELY_MS);
        }
        if (name === "freshness") {
          fresh(told);
          if (state.isOld && !isBehind(told)) heard("caught up");
          state.isOld = isBehind(told);
        } else if (name !== "end") heard(name, told);
        // The stream was of a token that has run out: it goes on with the next.
        else if (told.reason === "expired") tokens.replaced(token).catch(() => null);
        else if (told.reason === "gone") heard("gone", told);
      },
      state: link,
    }, asked);
    return () => { clearTimeout(again); close(); };
  },
};

async function begin() {
  // Drawn once, when it is known who is there; a bar without anybody only where that takes long and nothing stands yet.
  const slow = setTimeout(() => { if (!main.hasChildNodes()) { furnish(); fill(main, loading(3)); } }, SLOW_MS);
  try {
    const speaking = speak(chosen([stored("c360.language"), ...navigator.languages]));
    askAhead();
    const config = await configured();
    know(config.exponents);
    await speaking;
    const refused = await comeBack(config);
    if (refused || !session()) signedOut(refused ? "refused" : null);
    else await enter(slow);
  } catch (error) {
    if (error.status === 401) return;
    furnish();
    fill(main, troubled(error, begin));
  } finally {
    clearTimeout(slow);
  }
}

/** What the server tells of the bank; asked for once. */
function configured() {
  state.config ??= fetch(new URL("config.json", import.meta.url)).then((answer) => answer.json());
  state.config.catch(() => { state.config = null; });
  return state.config;
}

/** While words and configuration are on their way: who is there, and the customer whom the address names. */
function askAhead() {
  if (!session() || new URLSearchParams(location.search).has("state")) return;
  state.reason = sessionStorage.getItem(REASON);
  lookups.ahead("/v1/me");
  const [page, id] = place();
  if (page === "customer" && id) lookups.ahead(pathOf(id));
}

async function enter(slow) {
  const person = await lookups.get("/v1/me");
  clearTimeout(slow);
  if (!session()) return;
  state.person = { ...person, name: session().name ?? person.subject };
  dropDraftsOfOthers(person);
  tokens.watch();
  hide(person.masked.includes("balances"));
  fresh(person.freshness);
  const wished = chosen([stored("c360.language"), person.language, language()]);
  if (wished !== language()) await speak(wished);
  state.reason = person.reason === "required" ? sessionStorage.getItem(REASON) : null;
  furnish();
  route();
}

function signedOut(why) {
  const drafts = typed(state.person);
  state.close?.();
  document.querySelectorAll("dialog").forEach((dialog) => dialog.remove());
  Object.assign(state, { person: null, close: null, freshness: null, link: "quiet", reason: null });
  notice.hidden = true;
  forget();
  keepDrafts(drafts);
  tokens.watch();
  lookups.forget();
  furnish();
  desk.title(t("state.signed_out.title"));
  const button = h("button", { type: "button", class: "primary", onclick: () => configured().then(signIn).catch(unreachableIssuer) }, t("action.sign_in"));
  fill(main, statement("signed_out", { action: button, detail: why && t(`signed_out.${why}`) }));
  button.focus();
}

function unreachableIssuer() {
  fill(main, statement("unreachable", {
    action: h("button", { type: "button", class: "primary", onclick: () => signedOut(null) }, t("action.again")),
    detail: t("signed_out.no_issuer"),
  }));
}

function route() {
  if (!state.person) return;
  state.close?.();
  state.close = null;
  state.isOld = false;
  delete notice.dataset.said;
  link("quiet");
  if (state.person.reason === "required" && !state.reason) return askWhy();
  const [page, id] = place();
  for (const tab of bar.querySelectorAll("nav a")) {
    if (tab.hash === `#/${page}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  state.close = (PAGES[page] ?? PAGES[""])(id);
  return scrollTo(0, 0);
}

/** The page and the number that the address names. */
function place() {
  const [, page = "", id = ""] = location.hash.slice(1).split("/");
  try { return [page, decodeURIComponent(id)]; } catch { return [page, id]; }
}

/** For a role that has to say why it looks: nothing is looked up before it has. The reason stands in the audit trail. */
function askWhy() {
  const why = h("input", { id: "why", required: true, maxlength: "300", autocomplete: "off" });
  const form = h("form", {
    class: "why",
    onsubmit: (event) => {
      event.preventDefault();
      state.reason = why.value.trim();
      sessionStorage.setItem(REASON, state.reason);
      furnish();
      route();
    },
  }, h("label", { for: "why" }, t("why.label")), why, h("button", { class: "primary" }, t("why.go")));
  fill(main, statement("why", { action: form }));
  desk.title(t("state.why.title"));
  why.focus();
}

const PAGES = {
  "": () => (hasDay() ? openMyDay(main, desk) : welcome()),
  "customer": (id) => openCustomer(main, desk, id),
  "operations": () => openOperations(main, desk),
};

function hasDay() {
  return desk.may("lists") && Boolean(state.person.manager || state.person.branch);
}

function welcome() {
  if (desk.may("operations")) return openOperations(main, desk);
  const kind = desk.may("customers") ? "welcome" : "nothing";
  fill(main, statement(kind));
  desk.title(t(`state.${kind}.title`));
  state.box?.focus();
  return null;
}

function furnish() {
  document.documentElement.lang = language();
  at("skip").textContent = t("page.skip");
  state.box = state.person && desk.may("customers") && (state.reason || state.person.reason !== "required") ? searchBox(lookups, (id) => go(`#/customer/${encodeURIComponent(id)}`)) : null;
  fill(bar, h("a", { class: "brand", href: "#/", "aria-label": t("page.home") }, "c360"), state.box?.element ?? h("span", { class: "gap" }),
    state.person && h("nav", { "aria-label": t("page.pages") },
      hasDay() && h("a", { href: "#/" }, t("page.day")), desk.may("operations") && h("a", { href: "#/operations" }, t("page.operations"))),
    languageChoice(), themeButton(), state.person && whoIsThere());
  status();
}

function whoIsThere() {
  const { name, role, title } = state.person;
  return h("div", { class: "person" }, h("span", {}, name, " ", h("span", { class: "muted" }, has(`role.${role}`) ? t(`role.${role}`) : title)),
  h("button", { type: "button", class: "quiet", onclick: leave }, t("action.sign_out")));
}

/** Leaves nothing of a customer on the screen, nor in the address: the next at this desk may be somebody else. */
async function leave() {
  const left = tokens.leave();
  history.replaceState(null, "", location.pathname);
  keepDrafts([]);
  signedOut(null);
  await signOut(await configured(), left);
}

function languageChoice() {
  const choose = async (event) => {
    store("c360.language", event.target.value);
    await speak(event.target.value);
    furnish();
    if (state.person) route();
    else signedOut(null);
    at("language").focus();
  };
  return h("select", { id: "language", "aria-label": t("page.language"), onchange: choose },
    Object.entries(LANGUAGES).map(([name, own]) => h("option", { value: name, lang: name, selected: name === language() }, own)));
}

function themeButton() {
  const turn = () => {
    const dark = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    document.documentElement.dataset.theme = dark === "dark" ? "light" : "dark";
    store("c360.theme", document.documentElement.dataset.theme);
  };
  return h("button", { type: "button", class: "quiet theme", onclick: turn, "aria-label": t("action.theme"), title: t("action.theme") }, "◐");
}

function fresh(freshness) {
  if (!freshness) return;
  state.freshness = freshness;
  // Read out each time it is filled: only when it says something else, not whenever time has gone on.
  const noticed = [freshness.stale, ...freshness.causes, language()].join();
  if (noticed !== notice.dataset.said) {
    notice.dataset.said = noticed;
    fill(notice, freshness.stale && h("p", {}, h("strong", {}, t("stale.title")), " ",
      t("stale.text", { at: instant(freshness.as_of), reason: staleInWords(freshness) })));
  }
  notice.hidden = !freshness.stale;
  status();
}

function link(now) {
  state.link = now;
  status();
}

function status() {
  const { freshness, person } = state;
  const now = freshness?.stale ? "stale" : state.link;
  foot.className = now;
  fill(foot, h("span", { class: "link" }, h("i", { "aria-hidden": "true" }), t(`link.${now}`)),
    freshness?.as_of && h("span", { class: "muted" }, t("page.as_of", { at: instant(freshness.as_of) })),
    person && h("button", { type: "button", class: "quiet", onclick: shortcuts }, h("kbd", {}, "?"), " ", t("keys.title")));
}

function shortcuts() {
  const keys = ["/", "↑ ↓", "Enter", "g d", "g o", "a", "s", "d", "t", "?"];
  const dialog = h("dialog", { "aria-labelledby": "keys" }, h("form", { method: "dialog" }, h("h2", { id: "keys" }, t("keys.title")),
    h("dl", { class: "keys" }, keys.map((key, place) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, t(`keys.${place}`))))),
    h("label", { class: "choice" }, h("input", { type: "checkbox", checked: keysWork(), onchange: (event) => store(KEYS, event.target.checked ? "on" : "off") }),
      " ", t("keys.work")),
    h("div", { class: "buttons" }, h("button", { class: "primary" }, t("action.close")))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function keysWork() {
  return stored(KEYS) !== "off";
}

function go(hash) {
  if (location.hash === hash) route();
  else location.hash = hash;
}

function stored(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}

function store(key, value) {
  try { localStorage.setItem(key, value); } catch { /* forbidden: it lasts as long as the page */ }
}

addEventListener("hashchange", route);
listen({
  "/": () => state.box?.focus(),
  "?": () => state.person && shortcuts(),
  "t": () => bar.querySelector(".theme")?.click(),
  "g d": () => go("#/"),
  "g o": () => desk.may("operations") && go("#/operations"),
}, keysWork);
at("skip").addEventListener("click", (event) => {
  // Not as a link: the fragment of the address names the page.
  event.preventDefault();
  (main.querySelector("h1") ?? main).focus();
});
begin();
