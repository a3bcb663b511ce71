// What whoever speaks with the customer must know first; pure. Open complaints lead: who calls may call about them.

const CLOSED_COMPLAINTS = new Set(["resolved", "withdrawn"]);
const CLOSED_ALERTS = new Set(["resolved", "dismissed", "expired"]);

/** [{grade: "urgent" | "warning", what, values, panel}] of a view. */
export function warnings(view) {
  return [...complaints(view), ...arrears(view), ...freezes(view), ...called(view), ...urgent(view)];
}

/** Complaints neither resolved nor withdrawn, the oldest first. */
export function openComplaints(view) {
  return Object.values(view.complaints ?? {})
    .filter((complaint) => !CLOSED_COMPLAINTS.has(complaint.status))
    .sort((one, other) => ((one.received_on ?? "") < (other.received_on ?? "") ? -1 : 1));
}

/** Whether somebody may still act on an alert. */
export function isOpen(alert) {
  return !CLOSED_ALERTS.has(alert.state);
}

const GRADES = { urgent: 0, warning: 1, notice: 2 };

/** Open alerts: the gravest first, the newest first among equals. */
export function openAlerts(alerts) {
  return Object.values(alerts ?? {}).filter(isOpen).sort((one, other) =>
    (GRADES[one.severity] ?? 3) - (GRADES[other.severity] ?? 3) || (one.raised_at < other.raised_at ? 1 : -1));
}

function arrears(view) {
  return Object.values(view.loans ?? {}).filter((loan) => loan.status === "in_arrears").map((loan) => ({
    grade: "urgent", what: "arrears", panel: "lending",
    values: { contract: loan.contract_id, minor: loan.arrears_minor, currency: loan.currency },
  }));
}

function freezes(view) {
  return Object.values(view.accounts ?? {}).filter((account) => account.status === "frozen").map((account) => ({
    grade: "urgent", what: "frozen", panel: "holdings",
    values: { account: account.account_id, minor: account.frozen_minor, currency: account.currency },
  }));
}

function called(view) {
  return Object.values(view.guarantees ?? {}).filter((guarantee) => guarantee.status === "called").map((guarantee) => ({
    grade: "urgent", what: "called", panel: "lending",
    values: { contract: guarantee.contract_id, minor: guarantee.called_minor, currency: guarantee.currency },
  }));
}

function complaints(view) {
  const open = openComplaints(view);
  if (!open.length) return [];
  const late = open.filter((complaint) => isLate(view.limits?.[complaint.complaint_id], view.today)).length;
  const [grade, what] = late ? ["urgent", "complaints_overdue"] : ["warning", "complaints"];
  return [{ grade, what, panel: "complaints", values: { n: open.length, on: open[0].received_on, late } }];
}

function isLate(owed, today) {
  return Object.values(owed ?? {}).some((on) => on < today);
}

function urgent(view) {
  const grave = openAlerts(view.alerts).filter((alert) => alert.severity === "urgent");
  if (!grave.length) return [];
  return [{ grade: "urgent", what: "alerts", panel: "alerts", values: { n: grave.length } }];
}
