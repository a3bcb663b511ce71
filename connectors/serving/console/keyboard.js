// Keys that work anywhere on the page, unless somebody is typing.

/**
 * Takes keys while `isOn()`: {"/": run, "g o": run}; a pair is one key after the other. Returns a function that lets go
 * of them. They can be switched off: who speaks to his computer says letters without meaning keys.
 */
export function listen(keys, isOn, target = document) {
  let first = "";
  let forget = null;
  const pressed = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (!isOn() || document.querySelector("dialog[open]")) return;
    const run = keys[first ? `${first} ${event.key}` : event.key];
    clearTimeout(forget);
    const begins = Object.keys(keys).some((key) => key.startsWith(`${event.key} `));
    first = !first && !run && begins ? event.key : "";
    if (first) forget = setTimeout(() => { first = ""; }, 1500);
    if (!run) return;
    event.preventDefault();
    run(event);
  };
  target.addEventListener("keydown", pressed);
  return () => target.removeEventListener("keydown", pressed);
}

/** Whether keys go into a field. */
export function isTyping(element) {
  return element instanceof HTMLElement && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
}
