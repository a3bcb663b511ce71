// What somebody typed about alerts and the server has not taken yet. Where the session ends under it, it is kept in the tab,
// for the same person alone, until he has signed in again and the dialog opens as it was.

const DRAFTS = "c360.drafts";
const submitted = new Map();

/** What stands in the form of a dialog, in the words in which it can be put there again. */
export function saidIn(form) {
  return Object.fromEntries(new FormData(form));
}

/** It leaves its dialog now; until `taken` nobody else has it. */
export function submit(alert, action, said) {
  submitted.set(alert.alert_id, { action, said });
}

/** The server has what was said last about this alert. */
export function taken(alert, said) {
  if (submitted.get(alert.alert_id)?.said === said) submitted.delete(alert.alert_id);
}

/** What was said about this alert to do this, and is not taken; `{}` when there is nothing. */
export function unsent(alert, action) {
  const kept = submitted.get(alert.alert_id);
  return kept?.action === action ? kept.said : {};
}

/** All that is not taken: what is kept already, what was submitted, and what stands in the open dialog. */
export function typed(person) {
  if (!person) return drafts();
  const { subject } = person;
  const found = new Map(drafts().map((draft) => [draft.alert, draft]));
  for (const [alert, one] of submitted) found.set(alert, { subject, alert, ...one });
  const dialog = document.querySelector("dialog[data-alert]");
  if (dialog) {
    const { alert, action } = dialog.dataset;
    found.set(alert, { subject, alert, action, said: saidIn(dialog.querySelector("form")) });
  }
  return [...found.values()];
}

/** Keeps these, and nothing besides. */
export function keepDrafts(kept) {
  submitted.clear();
  put(kept);
}

/** Who signed in is somebody else: it is none of his business. */
export function dropDraftsOfOthers(person) {
  if (drafts().some((draft) => draft.subject !== person.subject)) keepDrafts([]);
}

/** The first draft about one of these alerts, and that alert; null when there is none. It is given once. */
export function takeDraft(alerts) {
  const of = ({ alert }) => alerts.find((one) => one.alert_id === alert);
  const draft = drafts().find(of);
  if (!draft) return null;
  put(drafts().filter(({ alert }) => alert !== draft.alert));
  return { ...draft, alert: of(draft) };
}

function put(kept) {
  if (kept.length) sessionStorage.setItem(DRAFTS, JSON.stringify(kept));
  else sessionStorage.removeItem(DRAFTS);
}

function drafts() {
  return JSON.parse(sessionStorage.getItem(DRAFTS) ?? "[]");
}
