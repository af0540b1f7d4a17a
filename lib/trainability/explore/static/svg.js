// Elements of a picture, and words with the tags that plotly knows.

const SVG = "http://www.w3.org/2000/svg";
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00a0", times: "×", minus: "−" };
const STYLES = {
  b: { "font-weight": "bold" },
  strong: { "font-weight": "bold" },
  i: { "font-style": "italic" },
  em: { "font-style": "italic" },
  sub: { "font-size": "70%", dy: "0.3em" },
  sup: { "font-size": "70%", dy: "-0.6em" },
};
const BACK = { sub: "-0.21em", sup: "0.42em" };
const GAP = "\u200b"; // takes a shift and no room
export const LINE = 1.3; // of the font's size
export const NOTHING = "M0,0"; // a path
const FARTHEST = 1e6; // pixels; beyond, paths are no longer drawn exactly

export function element(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// One or more lines between <br>, in an element <text>.
export function words(markup, attributes) {
  const lines = String(markup).split(/<br\s*\/?>/);
  const text = element("text", attributes);
  text.markup = markup;
  if (lines.length === 1) text.append(...styled(lines[0]));
  else {
    const { x, y } = attributes;
    text.append(...lines.map((line, i) => element("tspan", { x, y, dy: `${i * LINE}em` }, ...styled(line))));
  }
  return text;
}

const MOST_BOXES = 5000;
const boxes = new Map();

// Where words stand that are drawn and not turned. To measure them lays out the page, so each is
// measured once.
export function boxOf(text) {
  const [x, y] = ["x", "y"].map((name) => Number(text.getAttribute(name)));
  const looks = ["font-size", "text-anchor", "font-family"].map((name) =>
    text.closest(`[${name}]`)?.getAttribute(name),
  );
  const key = [text.markup, ...looks].join("|");
  if (!boxes.has(key)) {
    if (boxes.size >= MOST_BOXES) boxes.clear();
    const box = measured(text);
    boxes.set(key, { x: box.x - x, y: box.y - y, width: box.width, height: box.height });
  }
  const box = boxes.get(key);
  return { ...box, x: box.x + x, y: box.y + y };
}

// Only what is in the page has a size. To put it there costs time: a picture is made outside, and
// goes into its host for what has to be measured.
export function measured(part) {
  const svg = part.closest("svg");
  if (!svg.isConnected) svg.host.append(svg);
  return part.getBBox();
}

function styled(line) {
  const [root, open] = [element("tspan"), []];
  let inner = root;
  for (const part of line.split(/(<\/?\w+[^>]*>)/)) {
    const [, closing, name] = part.match(/^<(\/?)(\w+)/) ?? [];
    if (!name) inner.append(part.replace(/&(\w+);/g, (all, key) => ENTITIES[key] ?? all));
    else if (!closing) {
      open.push(inner);
      if (BACK[name]) inner.append(GAP);
      const next = element("tspan", STYLES[name]);
      inner.append(next);
      inner = next;
    } else if (open.length) {
      inner = open.pop();
      if (BACK[name]) inner.append(element("tspan", { dy: BACK[name] }, GAP));
    }
  }
  return root.childNodes;
}

// Through places in pixels; a gap where a number is none.
export function pathOf(places) {
  let path = "";
  let pen = "M";
  for (const place of places) {
    if (place.every(Number.isFinite)) {
      path += pen + place.map(short);
      pen = "L";
    } else pen = "M";
  }
  return path || NOTHING;
}

export function short(pixels) {
  return Math.round(100 * Math.min(Math.max(pixels, -FARTHEST), FARTHEST)) / 100;
}
