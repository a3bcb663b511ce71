// What changed in a view, put into it; pure.

const FAMILIES = {
  account: "accounts", history: "history", loan: "loans", guarantee: "guarantees", acceptance: "acceptances",
  collateral: "collateral", complaint: "complaints", alert: "alerts",
};
const ABSENT = { deadlines: { due: {} }, interactions: null, holdings: { products: {} }, timeline: { events: [] } };

/** The view with these sections in it, null being a section that is gone; the view given stays as it is. */
export function applied(view, sections) {
  const changed = { ...view };
  for (const [name, section] of Object.entries(sections)) {
    const [family, id] = split(name);
    if (FAMILIES[family]) changed[FAMILIES[family]] = put(changed[FAMILIES[family]], id, section);
    else if (name in ABSENT) changed[name] = section ?? ABSENT[name];
    else Object.assign(changed, section ?? {});
  }
  return changed;
}

function put(held, id, section) {
  const { [id]: _before, ...others } = held ?? {};
  return section === null ? others : { ...others, [id]: section };
}

function split(name) {
  const colon = name.indexOf(":");
  return colon < 0 ? [name, null] : [name.slice(0, colon), name.slice(colon + 1)];
}
