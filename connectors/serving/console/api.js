// The lookup API as the console asks it. Every failure is an `ApiError` with the server's own problem in it.

const KEPT = 50;
/** An answer asked for earlier is older than a page may begin with. */
const AHEAD_MS = 3_000;

/** What the API refused, or why it could not be reached: `status` 0. */
export class ApiError extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail ?? problem.title ?? `status ${status}`);
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

/**
 * The API. `tokens` gives the bearer token, and another for one that is not taken any more (`renewal.js`), `reason()` why
 * this person looks at customers (null where the role need not say), `signedOut()` hears that there is no other.
 */
export function api(tokens, reason, signedOut, send = fetch.bind(globalThis)) {
  const known = new Map();
  const early = new Map();

  async function request(path, options) {
    const token = await tokens.token();
    let response = await ask(path, options, token);
    // What was refused for its token alone was not done: it may be asked once more.
    if (response.status === 401 && await tokens.replaced(token)) response = await ask(path, options, await tokens.token());
    if (response.status === 401) signedOut();
    return response;
  }

  async function ask(path, options, token) {
    const headers = { Accept: "application/json", Authorization: `Bearer ${token}`, ...options.headers };
    if (reason()) headers["X-Reason"] = encodeURIComponent(reason());
    try {
      return await send(path, { ...options, headers, cache: "no-store", credentials: "omit" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError(0, { title: "unreachable" });
    }
  }

  function taken(path) {
    const asked = early.get(path);
    early.delete(path);
    return asked && performance.now() - asked.at < AHEAD_MS ? asked.answer : null;
  }

  return {
    /** Asks for what will be read in a moment. The next `get` of it takes this answer, unless it is none. */
    ahead(path) {
      const answer = tokens.token().then((token) => ask(path, {}, token)).then((response) => (response.ok ? response : null), () => null);
      early.set(path, { at: performance.now(), answer });
    },

    /** The answer to a read. With an ETag at hand the server may say that nothing changed: then the same object again. */
    async get(path, signal) {
      const kept = known.get(path);
      const response = (await taken(path)) ?? await request(path, { signal, headers: kept ? { "If-None-Match": kept.etag } : {} });
      if (response.status === 304 && kept) return kept.body;
      if (!response.ok) throw await failure(response);
      const body = parse(await response.text());
      known.delete(path);
      const etag = response.headers.get("ETag");
      if (etag) known.set(path, { etag, body });
      if (known.size > KEPT) known.delete(known.keys().next().value);
      return body;
    },

    /** The answer to what is sent. */
    async post(path, content, signal) {
      const headers = { "Content-Type": "application/json" };
      const response = await request(path, { method: "POST", signal, headers, body: JSON.stringify(content) });
      if (!response.ok) throw await failure(response);
      const text = await response.text();
      return text ? parse(text) : null;
    },

    /** A stream's response, for `follow`. */
    stream(path, headers, signal) {
      return request(path, { signal, headers: { Accept: "text/event-stream", ...headers } });
    },

    /** Forgets what was read: somebody else may sign in. */
    forget() {
      known.clear();
      early.clear();
    },
  };
}

/** The error that a refusing response tells of. */
export async function failure(response) {
  let problem;
  try {
    problem = await response.json();
  } catch {
    problem = { title: response.statusText };
  }
  return new ApiError(response.status, problem, Number(response.headers.get("Retry-After")) || null);
}

/** JSON, in which a whole number too large for a JavaScript number is a BigInt where the browser can tell. */
export function parse(text) {
  return /\d{16}/.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

function exact(_key, value, context) {
  const large = typeof value === "number" && !Number.isSafeInteger(value);
  return large && /^-?\d+$/.test(context?.source ?? "") ? BigInt(context.source) : value;
}
