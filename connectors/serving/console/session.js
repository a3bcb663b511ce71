// Who is signed in, and by which tokens: in this tab's session storage, which goes with the tab.

const SESSION = "c360.session";
const EARLY_S = 30;
const LEFT = 0.2;
const RENEWED_FROM = 0.5;
const RENEWED_UNTIL = 0.7;

/** The session, or null when there is none, or it has run out and nothing renews it. */
export function session(now = Date.now()) {
  const kept = JSON.parse(sessionStorage.getItem(SESSION) ?? "null");
  return kept && (kept.until > now || kept.refresh) ? kept : null;
}

/**
 * Keeps what the issuer gave. `more` is what stays the same however often it is renewed: the name, and the sign-in it
 * is of; `times` counts what was given for it. When it is renewed is left to chance a little: not all desks of a bank at once.
 */
export function keep(given, more, now = Date.now(), chance = Math.random()) {
  const lasts = given.expires_in ?? 3600;
  put({
    ...more,
    times: (more.times ?? 0) + 1,
    token: given.access_token,
    idToken: given.id_token ?? more.idToken,
    refresh: given.refresh_token ?? more.refresh,
    until: now + (lasts - Math.min(EARLY_S, lasts * LEFT)) * 1000,
    renewAt: now + lasts * (RENEWED_FROM + (RENEWED_UNTIL - RENEWED_FROM) * chance) * 1000,
  });
}

/** The same as another tab has it. */
export function put(kept) {
  sessionStorage.setItem(SESSION, JSON.stringify(kept));
}

/** From now on its token counts as run out: the server says so. */
export function spend(token) {
  const kept = session();
  if (kept?.token === token) put({ ...kept, until: 0, renewAt: 0 });
}

/** Forgets the session, and all that this tab kept. */
export function forget() {
  sessionStorage.clear();
}
