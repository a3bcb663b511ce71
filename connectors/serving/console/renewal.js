// Tokens are renewed before they end, without a word: by the refresh token, which the issuer replaces each time.

import { ApiError } from "./api.js";
import { claims, forsake, granted, refused } from "./issuer.js";
import { keep, put, session, spend } from "./session.js";
import { wait } from "./stream.js";

const TOLD_MS = 250;

/**
 * The tokens of this tab. `configured()` gives the configuration, `over()` hears that nobody is signed in any more: the
 * issuer refuses to renew, or never gave anything to renew by and the time is up. An issuer that does not answer is asked
 * again; meanwhile the token is good as long as it lasts. A tab that was duplicated has the same refresh token, which is
 * good once: they take turns, tell each other, and ask each other first, since who was away did not hear.
 */
export function renewal(configured, over) {
  const others = new BroadcastChannel("c360.session");
  let running = null;
  let timer = null;
  let watched = false;
  let failures = 0;

  /** The token to send; "" when nobody is signed in. An `ApiError` while it has run out and the issuer does not answer. */
  async function token() {
    if ((session()?.until ?? Infinity) <= Date.now()) await renewed();
    return session()?.token ?? "";
  }

  function renewed() {
    running ??= new Promise((done, failed) => {
      navigator.locks.request("c360.renewal", () => renew().then(done, failed));
    }).finally(() => { running = null; watch(); });
    return running;
  }

  async function renew() {
    const before = overdue();
    if (!before) return;
    others.postMessage({ family: before.family, asks: before.times });
    await pause(TOLD_MS);
    const kept = overdue();
    if (!kept) return;
    try {
      const config = await configured();
      const answer = await granted(config, { grant_type: "refresh_token", refresh_token: kept.refresh });
      const { ok, status, given } = answer;
      // Whoever signed out meanwhile stays signed out.
      if (session()?.family !== kept.family) return forsake(config, given.refresh_token);
      if (refused(answer) || (ok && isAnothers(given, kept))) return over();
      if (!ok || !given.access_token) throw new Error(`issuer: ${status}`);
      failures = 0;
      keep(given, kept);
      others.postMessage(session());
    } catch {
      failures += 1;
      throw new ApiError(0, { title: "unreachable" });
    }
  }

  /** Waits for the moment to renew, or for the end of what can't be renewed; also after the computer slept. */
  function watch() {
    clearTimeout(timer);
    const kept = session();
    watched = kept !== null;
    if (!kept) return;
    const due = (kept.refresh ? kept.renewAt : kept.until) - Date.now();
    const act = kept.refresh ? () => renewed().catch(() => null) : over;
    timer = setTimeout(act, Math.max(failures && wait(failures), due));
  }

  others.addEventListener("message", ({ data }) => {
    const kept = session();
    if (!kept || kept.family !== data.family) return;
    if (data.over) over();
    else if (kept.times > data.asks) others.postMessage(kept);
    else if (data.times > kept.times) {
      put(data);
      watch();
    }
  });
  // After a sleep it may have run out before its timer came.
  document.addEventListener("visibilitychange", () => (watched && !session() ? over() : watch()));

  return {
    token,
    watch,
    /** The session that somebody leaves, null when there is none; the other tabs of it hear that it is over. */
    leave() {
      const left = session();
      if (left) others.postMessage({ family: left.family, over: true });
      return left;
    },
    /** The server does not take this token any more: whether there is another now. */
    async replaced(refused) {
      spend(refused);
      const now = await token();
      return now !== "" && now !== refused;
    },
  };
}

/** The session, if it is time to renew it; else null. */
function overdue() {
  const kept = session();
  return kept?.refresh && kept.renewAt <= Date.now() ? kept : null;
}

function pause(ms) {
  return new Promise((over) => { setTimeout(over, ms); });
}

/** Whether tokens came that are of somebody else (OpenID Connect Core, 12.2). */
function isAnothers(given, kept) {
  return Boolean(given.id_token && kept.idToken) && claims(given.id_token).sub !== claims(kept.idToken).sub;
}
