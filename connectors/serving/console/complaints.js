// Complaints, those still open first, each with the days that count.

import { day, daysBetween, plusDays } from "./days.js";
import { h } from "./elements.js";
import { badge } from "./panels.js";
import { openComplaints } from "./warnings.js";
import { code, t } from "./words.js";

const SHOWN_CLOSED = 5;

/** Open complaints, the newest of the closed ones, and how many more there are. */
export function pickComplaints(view) {
  const open = openComplaints(view);
  const closed = Object.values(view.complaints ?? {}).filter((complaint) => !open.includes(complaint))
    .sort((one, other) => ((one.received_on ?? "") < (other.received_on ?? "") ? 1 : -1));
  if (!open.length && !closed.length) return null;
  return {
    today: view.today, limits: view.limits ?? {}, open, closed: closed.slice(0, SHOWN_CLOSED),
    more: Math.max(0, closed.length - SHOWN_CLOSED),
  };
}

/** A list of them. */
export function drawComplaints({ open, closed, more, today, limits }) {
  const items = [...open, ...closed].map((complaint) => drawComplaint(complaint, today, limits));
  const rest = more > 0 && h("p", { class: "muted" }, t("complaints.more", { n: more }));
  return { nodes: [h("ul", { class: "complaints" }, items), rest], count: open.length ? t("complaints.open", { n: open.length }) : "" };
}

function drawComplaint(complaint, today, limits) {
  const isOver = ["resolved", "withdrawn"].includes(complaint.status);
  return h("li", { class: isOver ? "over" : null },
    h("p", { class: "line" }, h("strong", {}, complaint.issue || complaint.product || t("complaints.untitled")), " ",
      badge(code("status", complaint.status), isOver ? "quiet" : "warning")),
    h("p", { class: "muted" }, [complaint.product, code("channel", complaint.channel), complaint.complaint_id]
      .filter((part) => part && part !== "—").join(" · ")),
    complaint.content && h("p", { class: "content" }, complaint.content),
    h("p", { class: "days" }, t("complaints.received", { day: day(complaint.received_on) }), " · ",
      isOver ? t("complaints.closed", { day: day(complaint.closed_on) }) : deadline(complaint, today, limits)),
    complaint.resolution && h("p", { class: "muted" }, complaint.resolution));
}

/** The day by which it has to be answered, as the rules in force count; without such a rule, how old it is. */
function deadline(complaint, today, limits) {
  if (!complaint.received_on) return "—";
  if (!limits.resolution_days) return t("complaints.age", { n: daysBetween(complaint.received_on, today) });
  const last = plusDays(complaint.received_on, limits.resolution_days);
  const left = daysBetween(today, last);
  const tone = left < 0 ? "urgent" : left <= 5 ? "warning" : "quiet";
  return badge(left < 0 ? t("complaints.overdue", { day: day(last), n: -left }) : t("complaints.due", { day: day(last), n: left }), tone);
}
