// The operations page: is every source fresh, who lags, what lies in the dead letters.

import { clock, instant } from "./days.js";
import { fill, h } from "./elements.js";
import { badge, panel, table } from "./panels.js";
import { empty, loading, troubled } from "./states.js";
import { staleInWords } from "./wording.js";
import { code, t } from "./words.js";

const EVERY_MS = 2000;

/** Opens the page; `desk` as for a customer. Returns a function that closes it. */
export function openOperations(main, desk) {
  const reading = new AbortController();
  const panels = Object.fromEntries(Object.entries(PANELS).map(([name, how]) => [name, panel(name, how)]));
  let timer = null;

  async function read() {
    try {
      const answer = await desk.api.get("/v1/operations", reading.signal);
      desk.fresh(answer.freshness);
      if (!main.contains(panels.health.element)) show();
      Object.values(panels).forEach((one) => one.update(answer));
    } catch (error) {
      if (error.name === "AbortError") return;
      fill(main, troubled(error, read));
      desk.title(t("page.trouble"));
      if (error.status === 403) return;
    }
    if (!reading.signal.aborted) timer = setTimeout(read, EVERY_MS);
  }

  function show() {
    fill(main, h("div", { class: "page operations" }, h("div", { class: "who" }, h("h1", { tabindex: "-1" }, t("page.operations"))),
      panels.health.element, h("div", { class: "columns" },
        h("div", { class: "column" }, panels.sources.element), h("div", { class: "column" }, panels.dead.element, panels.partitions.element))));
    desk.title(t("page.operations"));
    main.querySelector("h1")?.focus({ preventScroll: true });
  }

  fill(main, h("div", { class: "page" }, h("section", { class: "panel" }, loading(6))));
  read();
  return () => { reading.abort(); clearTimeout(timer); };
}

const PANELS = {
  health: {
    pick: ({ projector, freshness }) => ({ projector, stale: freshness.stale, why: staleInWords(freshness) }),
    draw: ({ projector, stale, why }) => h("dl", { class: "sums" },
      tile("operations.state", badge(t(stale ? "operations.stale" : "operations.fresh"), stale ? "urgent" : "good"), why),
      tile("operations.behind", count(projector?.workers_behind)),
      tile("operations.projector", badge(code("projector", projector?.state), projector?.state === "running" ? "good" : "urgent")),
      tile("operations.lag", count(projector?.lag)),
      tile("operations.heard", clock(projector?.heard_at))),
  },
  sources: {
    pick: ({ sources }) => sources,
    draw: (sources) => {
      if (!sources?.length) return empty("sources.none");
      const rows = sources.map((source) => ({
        cells: [h("span", { class: "number" }, source.topic), instant(source.newest_at), count(source.records), lag(source.lag)],
      }));
      return table("panel.sources", [["column.topic"], ["column.newest"], ["column.records", "money"], ["column.lag", "money"]], rows);
    },
  },
  partitions: {
    pick: ({ partitions }) => partitions,
    draw: (partitions) => {
      if (!partitions?.length) return empty("sources.none");
      const rows = partitions.map((one) => ({
        cells: [String(one.partition), instant(one.clock_at), count(one.folded), lag(one.late), lag(one.dead)],
      }));
      return table("panel.partitions", [["column.partition"], ["column.clock"], ["column.folded", "money"], ["column.late", "money"],
        ["column.dead", "money"]], rows);
    },
  },
  dead: {
    pick: ({ dead_letters: dead, late_events: late }) => ({ dead, late }),
    draw: ({ dead, late }) => [
      h("dl", { class: "sums" }, tile("dead.dead", count(dead)), tile("dead.late", count(late))),
      dead === 0 ? empty("dead.none") : h("p", { class: "muted" }, t("dead.what")),
    ],
  },
};

function tile(key, value, more = null) {
  return h("div", {}, h("dt", {}, t(key)), h("dd", {}, value, more && h("p", { class: "muted" }, more)));
}

function count(n) {
  return n === null || n === undefined ? "—" : t("count", { n });
}

function lag(n) {
  return n ? badge(count(n), "warning") : count(n);
}
