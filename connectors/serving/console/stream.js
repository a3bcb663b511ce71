// What changes, as it changes: server-sent events by fetch, because EventSource can carry no bearer token.

import { reader } from "./sse.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const SILENT_AFTER_MS = 45_000;
const HIDDEN_AFTER_MS = 5_000;
const WENT_ON_MS = 1_000;
/** A stream begins with what changed in the seconds before: so old what is on the page may be when it does. */
const AFTER_ASKING_MS = 3_000;

/**
 * Follows a stream until closed. `connect(headers, signal)` gives a Response; `on.event(name, data)` takes each event,
 * `on.state("live" | "waiting" | "refused", response)` each change of the connection. Refused is final: the caller
 * knows why by the response. After every other end it connects again, later each time, from the last id; where there
 * was none yet, and what is on the page was `asked` for too long ago, "reset" tells that something may have been missed.
 * An end that the server announced (event "end"), as when a token runs out, is no failure: at once it goes on. A page that
 * nobody sees lets go of its connection: a browser has six of them for all its tabs.
 */
export function follow(connect, on, asked = performance.now(), page = document, now = () => performance.now()) {
  const closing = new AbortController();
  run(connect, on, asked, closing.signal, page, now);
  return () => closing.abort();
}

async function run(connect, on, asked, closed, page, now) {
  let lastId = null;
  let failures = 0;
  while (!closed.aborted) {
    await seen(page, closed);
    const attempt = new AbortController();
    const abort = () => attempt.abort();
    closed.addEventListener("abort", abort);
    const stay = whenHidden(page, abort);
    let began = Infinity;
    let isAnnounced = false;
    try {
      const response = await connect(lastId === null ? {} : { "Last-Event-ID": lastId }, attempt.signal);
      if ([400, 401, 403, 404, 422].includes(response.status)) return on.state("refused", response);
      if (!response.ok) throw new Error(`stream: ${response.status}`);
      began = now();
      on.state("live");
      if (lastId === null && now() - asked > AFTER_ASKING_MS) on.event("reset", "{}");
      await consume(response, attempt, ({ event, data, id }) => {
        lastId = id ?? lastId;
        isAnnounced = event === "end";
        // One that the page can't take would come again and again, and none after it.
        try { on.event(event, data); } catch (error) { reportError(error); }
      });
    } catch {
      // Cut off, silent for too long, or refused for now: again below.
    } finally {
      stay();
      closed.removeEventListener("abort", abort);
      attempt.abort();
    }
    if (closed.aborted) return undefined;
    // One that ends as soon as it begins would go round and round.
    const wentOn = now() - began >= WENT_ON_MS;
    if (wentOn) failures = 0;
    if (isAnnounced && wentOn) continue;
    on.state("waiting");
    if (page.hidden) continue;
    await pause(wait(failures), closed);
    failures += 1;
  }
  return undefined;
}

/** When somebody sees the page, or it is closed. */
function seen(page, closed) {
  if (!page.hidden) return undefined;
  return new Promise((resolve) => {
    const look = () => {
      if (page.hidden && !closed.aborted) return;
      page.removeEventListener("visibilitychange", look);
      resolve();
    };
    page.addEventListener("visibilitychange", look);
    closed.addEventListener("abort", look, { once: true });
  });
}

/** Calls `left` when nobody has seen the page for a while. Returns a function that ends the watch. */
function whenHidden(page, left) {
  let timer = null;
  const look = () => {
    clearTimeout(timer);
    if (page.hidden) timer = setTimeout(left, HIDDEN_AFTER_MS);
  };
  page.addEventListener("visibilitychange", look);
  return () => { clearTimeout(timer); page.removeEventListener("visibilitychange", look); };
}

async function consume(response, attempt, take) {
  const events = reader();
  const bytes = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let watch = setTimeout(() => attempt.abort(), SILENT_AFTER_MS);
  try {
    for (;;) {
      const { done, value } = await bytes.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(() => attempt.abort(), SILENT_AFTER_MS);
      events.read(value).forEach(take);
    }
  } finally {
    clearTimeout(watch);
  }
}

/** How long to wait after so many failures in a row: doubled each time, and never in step with the neighbours. */
export function wait(failures, chance = Math.random()) {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
  return longest / 2 + (longest / 2) * chance;
}

function pause(ms, closed) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    closed.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
