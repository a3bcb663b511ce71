// What changed: the API answers from Redis, the stream tells from Kafka, each in its own time.

/** So far behind Redis may be, and more, before it counts as old: an answer may lack what was told within that time. */
export const LATELY_MS = 12_000;
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

/** Readings of one thing, which may overtake each other, and what the stream told, which an answer may lack. */
export function readings(now = () => performance.now()) {
  const told = new Map();
  let begun = 0;
  let counted = 0;
  return {
    /** Asks. The answer, and the contents told that it may lack, by their names; null when a later answer came before. */
    async read(ask) {
      const asked = now();
      const turn = begun += 1;
      const counts = () => turn > counted && (counted = turn);
      try {
        const answer = await ask();
        if (!counts()) return null;
        if (!isBehind(answer.freshness)) {
          for (const [name, [at]] of told) if (at < asked - LATELY_MS) told.delete(name);
        }
        return { answer, lately: Object.fromEntries([...told].map(([name, [, content]]) => [name, content])) };
      } catch (error) {
        if (counts()) throw error;
        return null;
      }
    },
    put(contents) {
      for (const [name, content] of Object.entries(contents)) told.set(name, [now(), content]);
    },
    /** Something was not told: what was, and readings under way, count no more. */
    forget() {
      told.clear();
      counted = begun;
    },
  };
}

/** Whether Redis lacks what may not be told any more; what the workers have yet to do will be. */
export function isBehind({ causes = [] }) {
  return causes.some((cause) => cause !== "workers_behind");
}
