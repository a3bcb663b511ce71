// Tokens are renewed before they end, without a word: by the refresh token, which the issuer replaces each time.

import { ApiError } from "./api.js";
import { claims, granted } from "./issuer.js";
import { keep, put, session, spend } from "./session.js";
import { wait } from "./stream.js";

const REFUSING = [400, 401, 403];
const TOLD_MS = 250;

/**
 * The tokens of this tab. `configured()` gives the configuration, `over()` hears that nobody is signed in any more: the
 * issuer refuses to renew, or never gave anything to renew by and the time is up. An issuer that does not answer is asked
 * again; meanwhile the token is good as long as it lasts. A tab that was duplicated has the same refresh token, which is
 * good once: they take turns, and tell each other.
 */
export function renewal(configured, over) {
  const others = new BroadcastChannel("c360.session");
  let running = null;
  let timer = null;
  let failures = 0;

  /** The token to send; "" when nobody is signed in. An `ApiError` while it has run out and the issuer does not answer. */
  async function token() {
    if ((session()?.until ?? Infinity) <= Date.now()) await renewed();
    return session()?.token ?? "";
  }

  function renewed() {
    running ??= new Promise((done, failed) => {
      // What another tab told in its turn is heard before this one's begins, and it is over when all have heard.
      const turn = () => pause(0).then(renew).then(done, failed).then(() => pause(TOLD_MS));
      navigator.locks.request("c360.renewal", turn);
    }).finally(() => { running = null; watch(); });
    return running;
  }

  async function renew() {
    const kept = session();
    if (!kept?.refresh || kept.renewAt > Date.now()) return;
    try {
      const { ok, status, given } = await granted(await configured(), { grant_type: "refresh_token", refresh_token: kept.refresh });
      if (REFUSING.includes(status) || (ok && isAnothers(given, kept))) return over();
      if (!ok || !given.access_token) throw new Error(`issuer: ${status}`);
      failures = 0;
      // Whoever signed out meanwhile stays signed out.
      if (session()?.family !== kept.family) return;
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
    if (!kept) return;
    const due = (kept.refresh ? kept.renewAt : kept.until) - Date.now();
    const act = kept.refresh ? () => renewed().catch(() => null) : over;
    timer = setTimeout(act, Math.max(failures && wait(failures), due));
  }

  others.addEventListener("message", ({ data }) => {
    const kept = session();
    if (!kept || kept.family !== data.family || kept.until >= data.until) return;
    put(data);
    watch();
  });
  document.addEventListener("visibilitychange", watch);

  return {
    token,
    watch,
    /** The server does not take this token any more: whether there is another now. */
    async replaced(refused) {
      spend(refused);
      const now = await token();
      return now !== "" && now !== refused;
    },
  };
}

function pause(ms) {
  return new Promise((over) => { setTimeout(over, ms); });
}

/** Whether tokens came that are of somebody else (OpenID Connect Core, 12.2). */
function isAnothers(given, kept) {
  return Boolean(given.id_token && kept.idToken) && claims(given.id_token).sub !== claims(kept.idToken).sub;
}
