// Complaints, those still open first, each with the days that count.

import { day, daysBetween } from "./days.js";
import { h } from "./elements.js";
import { badge } from "./panels.js";
import { isOpen, openComplaints } from "./warnings.js";
import { code, t } from "./words.js";

const SHOWN_CLOSED = 5;

/** Open complaints, the newest of the closed ones, and how many more there are. */
export function pickComplaints(view) {
  const open = openComplaints(view);
  const closed = Object.values(view.complaints ?? {}).filter((complaint) => !open.includes(complaint))
    .sort((one, other) => ((one.received_on ?? "") < (other.received_on ?? "") ? 1 : -1));
  if (!open.length && !closed.length) return null;
  return {
    today: view.today, overdue: overdue(view), open, closed: closed.slice(0, SHOWN_CLOSED),
    more: Math.max(0, closed.length - SHOWN_CLOSED),
  };
}

/** Complaint -> the last day on which it should have been taken up or answered, by the alerts that say so. */
function overdue(view) {
  const told = Object.values(view.alerts ?? {}).filter((alert) => alert.payload?.last_day_on && isOpen(alert))
    .sort((one, other) => (one.payload.last_day_on < other.payload.last_day_on ? -1 : 1));
  return Object.fromEntries(told.map((alert) => [alert.payload.complaint_id, { kind: alert.kind, on: alert.payload.last_day_on }]));
}

/** A list of them. */
export function drawComplaints({ open, closed, more, today, overdue: late }) {
  const items = [...open, ...closed].map((complaint) => drawComplaint(complaint, today, late[complaint.complaint_id]));
  const rest = more > 0 && h("p", { class: "muted" }, t("complaints.more", { n: more }));
  return { nodes: [h("ul", { class: "complaints" }, items), rest], count: open.length ? t("complaints.open", { n: open.length }) : "" };
}

function drawComplaint(complaint, today, late) {
  const isOver = ["resolved", "withdrawn"].includes(complaint.status);
  return h("li", { class: isOver ? "over" : null },
    h("p", { class: "line" }, h("strong", {}, complaint.issue || complaint.product || t("complaints.untitled")), " ",
      badge(code("status", complaint.status), isOver ? "quiet" : "warning")),
    h("p", { class: "muted" }, [complaint.product, code("channel", complaint.channel), complaint.complaint_id]
      .filter((part) => part && part !== "—").join(" · ")),
    complaint.content && h("p", { class: "content" }, complaint.content),
    h("p", { class: "days" }, t("complaints.received", { day: day(complaint.received_on) }), " · ",
      isOver ? t("complaints.closed", { day: day(complaint.closed_on) }) : age(complaint, today, late)),
    complaint.resolution && h("p", { class: "muted" }, complaint.resolution));
}

/** How long it is open, and the day on which something should have been done, where a rule has said so. */
function age(complaint, today, late) {
  const open = complaint.received_on ? t("complaints.age", { n: daysBetween(complaint.received_on, today) }) : "—";
  return late ? [open, " ", badge(t(`complaints.${late.kind}`, { day: day(late.on) }), "urgent")] : open;
}
