// What somebody had typed about an alert when the session ended under it: kept in the tab, for the same person alone, until
// he has signed in again and the dialog opens as it was.

const DRAFT = "c360.draft";

/** What stands in the open dialog about an alert, else what is kept already; null when there is neither. */
export function typed(person) {
  const dialog = document.querySelector("dialog[data-alert]");
  if (!dialog || !person) return draft();
  const said = Object.fromEntries(new FormData(dialog.querySelector("form")));
  return { subject: person.subject, alert: dialog.dataset.alert, action: dialog.dataset.action, said };
}

/** Keeps it. */
export function keepDraft(draft) {
  if (draft) sessionStorage.setItem(DRAFT, JSON.stringify(draft));
}

/** Who signed in is somebody else: it is none of his business. */
export function dropDraftsOfOthers(person) {
  if (draft()?.subject !== person.subject) sessionStorage.removeItem(DRAFT);
}

/** The alert among these that it is about, and it; null when there is none. It is given once. */
export function takeDraft(alerts) {
  const kept = draft();
  const alert = kept && alerts.find((one) => one.alert_id === kept.alert);
  if (!alert) return null;
  sessionStorage.removeItem(DRAFT);
  return { alert, action: kept.action, said: kept.said };
}

function draft() {
  return JSON.parse(sessionStorage.getItem(DRAFT) ?? "null");
}
