// Signing in by OpenID Connect: authorization code with PKCE, no secret in the browser.

import { claims, discovered, forsake, granted } from "./issuer.js";
import { keep } from "./session.js";

const ATTEMPT = "c360.attempt";

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
  const { ok, status, given } = await granted(config, {
    grant_type: "authorization_code", code: answer.get("code"), redirect_uri: here(), code_verifier: attempt.verifier,
  });
  if (!ok) return given.error ?? `status ${status}`;
  const person = given.id_token ? claims(given.id_token) : { nonce: attempt.nonce };
  if (person.nonce !== attempt.nonce) return "foreign_answer";
  keep(given, { name: person.name, family: random(16) });
  return null;
}

/** Tells the issuer that the session `left` is over, as far as it can be told, and goes to its page for that if it has one. */
export async function signOut(config, left) {
  const issuer = await forsake(config, left?.refresh);
  if (!issuer.end_session_endpoint) return;
  const query = new URLSearchParams({ client_id: config.client_id, post_logout_redirect_uri: here() });
  if (left?.idToken) query.set("id_token_hint", left.idToken);
  location.assign(`${issuer.end_session_endpoint}?${query}`);
}

function here() {
  return location.origin + location.pathname;
}

function random(bytes) {
  return base64url(crypto.getRandomValues(new Uint8Array(bytes)));
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
