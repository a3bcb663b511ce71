// Complaints, those still open first, each with the days that count.

import { day, daysBetween } from "./days.js";
import { h } from "./elements.js";
import { badge } from "./panels.js";
import { isOpen, openComplaints } from "./warnings.js";
import { code, t } from "./words.js";

const SHOWN_CLOSED = 5;
const NEAR = 2;
const LONG = 300;

/** Open complaints, the newest of the closed ones, and how many more there are. */
export function pickComplaints(view) {
  const open = openComplaints(view);
  const closed = Object.values(view.complaints ?? {}).filter((complaint) => !open.includes(complaint))
    .sort((one, other) => ((one.received_on ?? "") < (other.received_on ?? "") ? 1 : -1));
  if (!open.length && !closed.length) return null;
  return {
    today: view.today, limits: limits(view), open, closed: closed.slice(0, SHOWN_CLOSED),
    more: Math.max(0, closed.length - SHOWN_CLOSED),
  };
}

/** Complaint -> what is owed -> the last day for it: by the rules in force, and by the alerts that an overdue one raised. */
function limits(view) {
  const found = { ...view.limits };
  for (const alert of Object.values(view.alerts ?? {})) {
    const { complaint_id: id, last_day_on: on } = alert.payload ?? {};
    if (on && isOpen(alert)) found[id] = { [alert.kind.replace("_overdue", "")]: on, ...found[id] };
  }
  return found;
}

/** Badges for the days until when something is owed: what is overdue stands out, what is near too. */
export function limitBadges(owed, today) {
  return Object.entries(owed ?? {}).sort(([, one], [, other]) => (one < other ? -1 : 1)).map(([what, on]) => {
    const left = daysBetween(today, on);
    const tone = left < 0 ? "urgent" : left <= NEAR ? "warning" : "quiet";
    return [" ", badge(t(`complaints.${what}${left < 0 ? "_overdue" : ""}`, { day: day(on) }), tone)];
  });
}

/** A list of them. */
export function drawComplaints({ open, closed, more, today, limits: owed }) {
  const items = [...open, ...closed].map((complaint) => drawComplaint(complaint, today, owed[complaint.complaint_id]));
  const rest = more > 0 && h("p", { class: "muted" }, t("complaints.more", { n: more }));
  return { nodes: [h("ul", { class: "complaints" }, items), rest], count: open.length ? t("complaints.open", { n: open.length }) : "" };
}

function drawComplaint(complaint, today, owed) {
  const isOver = ["resolved", "withdrawn"].includes(complaint.status);
  return h("li", { class: isOver ? "over" : null },
    h("p", { class: "line" }, h("strong", {}, complaint.issue || complaint.product || t("complaints.untitled")), " ",
      badge(code("status", complaint.status), isOver ? "quiet" : "warning")),
    h("p", { class: "muted" }, [complaint.product, code("channel", complaint.channel), complaint.complaint_id]
      .filter((part) => part && part !== "—").join(" · ")),
    complaint.content && h("p", { class: "content", tabindex: complaint.content.length > LONG ? "0" : null }, complaint.content),
    h("p", { class: "days" }, t("complaints.received", { day: day(complaint.received_on) }), " · ",
      isOver ? t("complaints.closed", { day: day(complaint.closed_on) }) : [age(complaint, today), limitBadges(owed, today)]),
    complaint.resolution && h("p", { class: "muted" }, complaint.resolution));
}

/** How long it is open. */
export function age(complaint, today) {
  return complaint.received_on ? t("complaints.age", { n: daysBetween(complaint.received_on, today) }) : "—";
}
