// What happened with a customer, newest first: the timeline of his view with its alerts and complaints; the merge is pure.

/** [{at, type, subject, detail}] newest first, each happening once; `limit` of them. */
export function merged(view, limit = 24) {
  const told = (view.timeline?.events ?? []).map((event) => ({ ...event, detail: event.detail ?? {} }));
  const seen = new Set(told.map((event) => `${event.type}/${event.subject}`));
  const all = [...told, ...received(view, seen), ...raised(view)];
  return all.filter((event) => event.at).sort(newestFirst).slice(0, limit);
}

function received(view, seen) {
  return Object.values(view.complaints ?? {})
    .filter((complaint) => complaint.received_on && !seen.has(`complaint.received/complaint:${complaint.complaint_id}`))
    .map((complaint) => ({
      at: complaint.received_on, type: "complaint.received", subject: `complaint:${complaint.complaint_id}`,
      detail: { product: complaint.product, issue: complaint.issue },
    }));
}

function raised(view) {
  return Object.values(view.alerts ?? {}).map((alert) => ({
    at: alert.raised_at, type: "alert.raised", subject: alert.subject, alert, detail: {},
  }));
}

function newestFirst(one, other) {
  // A day alone comes before the instants of the same day, as it begins.
  const a = Date.parse(one.at.length === 10 ? `${one.at}T00:00:00Z` : one.at);
  const b = Date.parse(other.at.length === 10 ? `${other.at}T00:00:00Z` : other.at);
  return b - a || (one.subject < other.subject ? -1 : 1);
}
