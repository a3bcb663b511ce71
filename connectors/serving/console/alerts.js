// Alerts, and what a person does with them: acknowledge, snooze, dismiss, with the reason.

import { day, instant, localDay, plusDays } from "./days.js";
import { saidIn, submit, taken, takeDraft, unsent } from "./drafts.js";
import { fill, h } from "./elements.js";
import { badge, customerLink, folded } from "./panels.js";
import { empty, problemInWords } from "./states.js";
import { alertInWords } from "./wording.js";
import { code, t } from "./words.js";

const TONES = { urgent: "urgent", warning: "warning", notice: "quiet" };
const ACTIONS = ["acknowledge", "snooze", "dismiss"];
const LISTED = 100;
const SNOOZES = [1, 3, 7, 14];

/**
 * Rows of alerts. `acting` is what `actions` made, or null for who may only look; `withCustomer` names whose they are;
 * `drawn` keeps the rows that are there, by alert, so that one more alert is one row to make and not a hundred.
 */
export function alertRows(alerts, { acting = null, withCustomer = false, shown = 12, drawn = new Map() } = {}) {
  if (!alerts.length) return empty("alerts.none");
  const rows = (part) => h("ul", { class: "alerts" }, part.map((alert) => kept(drawn, alert, acting, withCustomer)));
  const rest = alerts.slice(shown, shown + LISTED);
  return [rows(alerts.slice(0, shown)), folded("alerts", t("alerts.more", { n: alerts.length - shown }), rest.length, () => rows(rest))];
}

function kept(drawn, alert, acting, withCustomer) {
  const sent = acting?.sent(alert);
  const looks = [alert.revision, alert.customer_name, sent && (sent.error ?? "sent")].join("|");
  const before = drawn.get(alert.alert_id);
  if (before?.looks === looks) return before.element;
  const element = row(alert, acting, withCustomer);
  drawn.set(alert.alert_id, { looks, element });
  return element;
}

function row(alert, acting, withCustomer) {
  const sent = acting?.sent(alert);
  return h("li", {
    class: `alert ${alert.severity}`, tabindex: acting ? "0" : null, "aria-keyshortcuts": acting ? "A S D" : null, "data-alert": alert.alert_id,
    "data-focus": `alert-${alert.alert_id}`, onkeydown: acting && ((event) => byKey(event, alert, acting)),
  },
  h("div", { class: "line" }, badge(code("severity", alert.severity), TONES[alert.severity]), " ",
    withCustomer && [customerLink(alert.customer_id, alert.customer_name), " · "],
    h("strong", {}, code("alert_kind", alert.kind))),
  h("p", { class: "content" }, alertInWords(alert)),
  h("p", { class: "muted" }, [instant(alert.raised_at), t("alerts.to", { to: alert.to }), life(alert)].filter(Boolean).join(" · ")),
  acting && h("div", { class: "acts" }, sent
    ? h("span", { class: `sent ${sent.error ? "failed" : ""}`, role: "status" }, sent.error ?? t("alerts.sent"))
    : null, (!sent || sent.error) && ACTIONS.filter((action) => makesSense(action, alert)).map((action) =>
    h("button", { type: "button", class: "quiet", "data-focus": `${action}-${alert.alert_id}`, onclick: () => acting.ask(alert, action) },
      t(`action.${action}`)))));
}

function byKey(event, alert, acting) {
  const action = { a: "acknowledge", s: "snooze", d: "dismiss" }[event.key];
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  if (action && makesSense(action, alert)) {
    event.preventDefault();
    acting.ask(alert, action);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const next = event.key === "ArrowDown" ? event.currentTarget.nextElementSibling : event.currentTarget.previousElementSibling;
    next?.focus();
  }
}

function makesSense(action, alert) {
  return action !== "acknowledge" || alert.state === "raised";
}

function life(alert) {
  if (!alert.life || alert.state === "raised") return null;
  const values = { by: alert.life.by ?? "c360", at: instant(alert.life.at), until: instant(alert.life.until) };
  const why = alert.life.reason ? ` (${alert.life.reason})` : "";
  return t(`alerts.state.${alert.state}`, values) + why;
}

/**
 * What can be done with alerts: `send(alert, content)` posts an action, `changed()` draws the rows again. An action stands
 * as sent until a later revision of its alert is shown: the worker decides, not this page.
 */
export function actions(send, changed) {
  const pending = new Map();

  /** Over when the dialog is: what was said is on its way then. */
  async function ask(alert, action, before = unsent(alert, action)) {
    const said = await askReason(alert, action, before);
    if (said === null) taken(alert, before);
    else act(alert, action, said);
  }

  async function act(alert, action, said) {
    const kept = { revision: alert.revision, error: null };
    pending.set(alert.alert_id, kept);
    submit(alert, action, said);
    changed();
    try {
      await send(alert, { customer_id: alert.customer_id, action, ...meant(said) });
      taken(alert, said);
    } catch (error) {
      kept.error = problemInWords(error);
      changed();
    }
  }

  return {
    ask,
    sent(alert) {
      const kept = pending.get(alert.alert_id);
      return kept && kept.revision >= alert.revision ? kept : null;
    },
    /** Opens the dialogs again under which the session ended, or just after, as far as they are about these: one by one. */
    async resume(alerts) {
      while (!document.querySelector("dialog[data-alert]")) {
        const draft = takeDraft(alerts);
        if (!draft) return;
        if (makesSense(draft.action, draft.alert)) await ask(draft.alert, draft.action, draft.said);
      }
    },
  };
}

/** Asks for the reason, and until which day; null when it was thought better of. `before`: what was typed already. */
function askReason(alert, action, before) {
  return new Promise((resolve) => {
    const needed = action === "dismiss";
    const reason = h("textarea", { id: "reason", name: "reason", rows: "3", maxlength: "1000", required: needed }, before.reason);
    const until = action === "snooze" ? snoozes(before.until) : null;
    const form = h("form", { method: "dialog" },
      h("h2", { id: "asked" }, t(`action.${action}.title`)),
      h("p", { class: "content" }, alertInWords(alert)),
      until,
      h("label", { for: "reason" }, t(needed ? "action.reason" : "action.note")), reason,
      h("div", { class: "buttons" },
        h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, t("action.cancel")),
        h("button", { type: "submit", class: "primary", value: "yes" }, t(`action.${action}`))));
    const dialog = h("dialog", { "aria-labelledby": "asked", "data-alert": alert.alert_id, "data-action": action }, form);
    dialog.addEventListener("close", () => {
      const agreed = dialog.returnValue === "yes";
      dialog.remove();
      resolve(agreed ? saidIn(form) : null);
    });
    reason.addEventListener("input", () => reason.setCustomValidity(needed && !reason.value.trim() ? t("action.reason") : ""));
    reason.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(form.querySelector(".primary"));
    });
    document.body.append(dialog);
    dialog.showModal();
    (until?.querySelector("input") ?? reason).focus();
  });
}

function snoozes(before) {
  const today = localDay(new Date());
  const ends = SNOOZES.map((days) => plusDays(today, days));
  const chosen = Math.max(0, ends.indexOf(before));
  const options = SNOOZES.map((days, place) => h("label", { class: "choice" },
    h("input", { type: "radio", name: "until", value: ends[place], checked: place === chosen }),
    " ", t("action.snooze.days", { n: days }), h("span", { class: "muted" }, ` ${day(ends[place])}`)));
  return fill(h("fieldset", {}), h("legend", {}, t("action.snooze.until")), options);
}

/** What was said, as the server takes it: a snooze ends in the morning. */
function meant({ reason, until }) {
  return { reason: reason.trim() || null, ...(until && { until: new Date(`${until}T08:00:00`).toISOString() }) };
}
