// Signing in by OpenID Connect: authorization code with PKCE, no secret in the browser. The token stays in this tab.

const SESSION = "c360.session";
const ATTEMPT = "c360.attempt";
const EARLY_S = 30;

/** The session of this tab, or null when there is none, or it has run out. */
export function session(now = Date.now()) {
  const kept = JSON.parse(sessionStorage.getItem(SESSION) ?? "null");
  return kept && kept.until > now ? kept : null;
}

/** Forgets the session, and all that this tab kept. */
export function forget() {
  sessionStorage.clear();
}

/** Goes to the issuer's page; it comes back here with a code. */
export async function signIn(config) {
  const issuer = await discovered(config.issuer);
  const verifier = random(64);
  const attempt = { verifier, state: random(24), nonce: random(24), place: location.hash };
  sessionStorage.setItem(ATTEMPT, JSON.stringify(attempt));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const query = new URLSearchParams({
    response_type: "code",
    client_id: config.client_id,
    redirect_uri: here(),
    scope: config.scope ?? "openid",
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  });
  location.assign(`${issuer.authorization_endpoint}?${query}`);
}

/** When the address holds the issuer's answer: takes it, and cleans the address. Returns why it failed, or null. */
export async function comeBack(config) {
  const answer = new URLSearchParams(location.search);
  if (!answer.has("state")) return null;
  const attempt = JSON.parse(sessionStorage.getItem(ATTEMPT) ?? "null");
  sessionStorage.removeItem(ATTEMPT);
  history.replaceState(null, "", here() + (attempt?.place ?? ""));
  if (!attempt || answer.get("state") !== attempt.state) return "foreign_answer";
  if (!answer.has("code")) return answer.get("error") ?? "no_code";
  const issuer = await discovered(config.issuer);
  const response = await fetch(issuer.token_endpoint, {
    method: "POST",
    credentials: "omit",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: config.client_id,
      code: answer.get("code"),
      redirect_uri: here(),
      code_verifier: attempt.verifier,
    }),
  });
  const given = await response.json().catch(() => ({}));
  if (!response.ok) return given.error ?? `status ${response.status}`;
  const person = given.id_token ? claims(given.id_token) : { nonce: attempt.nonce };
  if (person.nonce !== attempt.nonce) return "foreign_answer";
  keep(given, person.name);
  return null;
}

/** Leaves: at the issuer too, when it has a page for that. Returns false when there is none to go to. */
export async function signOut(config) {
  const left = session();
  forget();
  const issuer = await discovered(config.issuer).catch(() => ({}));
  if (!issuer.end_session_endpoint) return false;
  const query = new URLSearchParams({ client_id: config.client_id, post_logout_redirect_uri: here() });
  if (left?.idToken) query.set("id_token_hint", left.idToken);
  location.assign(`${issuer.end_session_endpoint}?${query}`);
  return true;
}

function keep(given, name) {
  const lasts = given.expires_in ?? 3600;
  const until = Date.now() + (lasts - Math.min(EARLY_S, lasts / 2)) * 1000;
  sessionStorage.setItem(SESSION, JSON.stringify({ token: given.access_token, idToken: given.id_token, name, until }));
}

async function discovered(issuer) {
  const response = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, { credentials: "omit" });
  if (!response.ok) throw new Error(`issuer: ${response.status}`);
  return response.json();
}

function here() {
  return location.origin + location.pathname;
}

function claims(token) {
  const middle = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(middle), (byte) => byte.charCodeAt(0))));
}

function random(bytes) {
  return base64url(crypto.getRandomValues(new Uint8Array(bytes)));
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
