// The issuer of the tokens: where it is asked for what, and what it says.

const PATIENCE_MS = 10_000;
const REFUSING = [400, 401, 403];
const PASSING = ["temporarily_unavailable", "server_error"];
// As all codes of OAuth are written. What stands before the issuer (a proxy, a firewall) has an "error" too: "Forbidden".
const OAUTH_ERROR = /^[a-z]+(_[a-z]+)+$/;

/** Its discovery document. */
export async function discovered(issuer) {
  const response = await asked(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  if (!response.ok) throw new Error(`issuer: ${response.status}`);
  return response.json();
}

/** Its answer to a form that the console sends: the tokens, or the error, beside the status. */
export async function granted(config, form) {
  const issuer = await discovered(config.issuer);
  const response = await asked(issuer.token_endpoint, { method: "POST", body: new URLSearchParams({ client_id: config.client_id, ...form }) });
  return { status: response.status, ok: response.ok, given: (await response.json().catch(() => null)) ?? {} };
}

/** Whether an answer is the issuer's own word that it gives nothing for this, now or later. */
export function refused({ status, given }) {
  return REFUSING.includes(status) && OAUTH_ERROR.test(given.error) && !PASSING.includes(given.error);
}

/** Takes a refresh token back, also while the page goes. Gives what is known of the issuer, nothing when it does not answer. */
export async function forsake(config, refresh) {
  const issuer = await discovered(config.issuer).catch(() => ({}));
  if (refresh && issuer.revocation_endpoint) {
    const body = new URLSearchParams({ client_id: config.client_id, token: refresh, token_type_hint: "refresh_token" });
    // Where that can't be done, the token ends by itself.
    fetch(issuer.revocation_endpoint, { method: "POST", credentials: "omit", keepalive: true, body }).catch(() => null);
  }
  return issuer;
}

/** What a token says, unproved: the console is not who has to know. */
export function claims(token) {
  const middle = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(middle), (byte) => byte.charCodeAt(0))));
}

/** Answers, or fails: nobody waits for an issuer that has gone quiet. */
async function asked(url, options = {}) {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), PATIENCE_MS);
  try {
    return await fetch(url, { credentials: "omit", signal: waiting.signal, ...options });
  } finally {
    clearTimeout(timer);
  }
}
