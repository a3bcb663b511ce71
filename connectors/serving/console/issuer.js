// The issuer of the tokens: where it is asked for what, and what it says.

const PATIENCE_MS = 10_000;

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
  return { status: response.status, ok: response.ok, given: await response.json().catch(() => ({})) };
}

/** Takes a refresh token back, also while the page goes; where that can't be done, the token ends by itself. */
export function revoke(endpoint, config, refresh) {
  const body = new URLSearchParams({ client_id: config.client_id, token: refresh, token_type_hint: "refresh_token" });
  return fetch(endpoint, { method: "POST", credentials: "omit", keepalive: true, body }).catch(() => null);
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
