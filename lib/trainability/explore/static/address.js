// The state after the #: `name?key=value&key=value`, read and written for all that has one.

const MOST_DECODINGS = 3;

// After so much rest an address is written and a reading said.
export const QUIET_MS = 250;

// What may be set by an address: the keys, by name.
export const addressed = new Map();

// Mail programs and editors encode what follows the #, some twice, or write & as in HTML.
export function readAddress() {
  let text = location.hash.slice(1);
  for (let i = 0; i < MOST_DECODINGS; i++) {
    text = text.replaceAll("&amp;", "&");
    if (encoded(text)) text = plainly(text);
  }
  const [, name, query] = text.match(/^([^?]*)\?(.*)$/s) ?? [undefined, text, null];
  return { name, values: query === null ? null : new URLSearchParams(query) };
}

// Whether a mark that separates is itself encoded: of a value it may be a part.
function encoded(text) {
  const [, name, query] = text.match(/^([^?]*)\?(.*)$/s) ?? [];
  if (name === undefined) return /%(25)*3f/i.test(text);
  const keys = addressed.get(name);
  if (!keys) return /%/.test(name);
  const parts = [...new URLSearchParams(query)];
  const hides = (value) => keys.some((key) => new RegExp(`&(amp;)?${key}(=|%)`).test(value));
  return parts.some(([key, value]) => (!keys.includes(key) && /[%=]/.test(key)) || hides(value));
}

export function plainly(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // cut off in the middle of a letter
  }
}

// Browsers limit how often a page may write its address, and a sandboxed frame has none.
export function writeAddress(address) {
  try {
    history.replaceState(history.state, "", address);
  } catch {
    // What is shown stands all the same.
  }
}

// A damaged link is said at the top, not answered by a default in silence.
export function sayAddress(text) {
  let note = document.querySelector(".address-note");
  if (!note && !text) return;
  if (!note) {
    note = document.createElement("p");
    note.className = "address-note";
    note.setAttribute("role", "status");
    (document.querySelector("main, article") ?? document.body).prepend(note);
  }
  note.textContent = text;
  note.hidden = !text;
}
