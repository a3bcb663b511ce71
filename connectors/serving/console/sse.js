// Server-sent events from chunks of text, as the HTML standard reads them; pure.

/** `read(chunk)` gives the events that are complete: {event, data, id}. What is half there waits for the next chunk. */
export function reader() {
  let rest = "";
  let pending = { event: "message", data: [] };
  let id = null;

  function line(text) {
    if (text === "") return dispatch();
    if (text.startsWith(":")) return null;
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "event") pending.event = value;
    else if (field === "data") pending.data.push(value);
    else if (field === "id" && !value.includes("\0")) id = value;
    return null;
  }

  function dispatch() {
    const { event, data } = pending;
    pending = { event: "message", data: [] };
    return data.length ? { event, data: data.join("\n"), id } : null;
  }

  return {
    read(chunk) {
      rest += chunk;
      // A carriage return at the very end may be half of a line's end.
      const whole = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
      const lines = whole.split(/\r\n|\n|\r/);
      rest = lines.pop() + rest.slice(whole.length);
      return lines.map(line).filter((event) => event !== null);
    },
    /** The newest id, to go on from. */
    get lastId() { return id; },
  };
}
