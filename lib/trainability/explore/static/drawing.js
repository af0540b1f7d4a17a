// From a figure to pixels: plotly once, the page's theme, and room on a narrow screen.

import { PLOTLY, THEMES } from "./settings.js";

export const NARROW = 600;
export const TAG = /<\/?(?:a|b|br|em|i|s|span|strong|sub|sup|u)\b[^>]*>/g; // the tags that plotly draws
const LEGENDED = new Set(["scatter", "bar", "histogram", "box", "violin"]);

const LEISURE_MS = 200;
const NEARLY = "50% 0px"; // of the window, above and below it

let loading = null;

// From the page's address, or where a kernel runs from the source text that it sends.
export function loadPlotly(send) {
  if (window.Plotly) return window.Plotly;
  if (!send) return (loading ??= run(PLOTLY));
  sent ??= send().then((text) => run({ src: URL.createObjectURL(new Blob([text])) }));
  // Where it was not sent, the next view asks again.
  sent.catch(() => (sent = null));
  return sent;
}

let sent = null;

function run({ src, integrity }) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = src;
    if (integrity) {
      script.integrity = integrity;
      script.crossOrigin = "anonymous";
    }
    // An AMD loader on the page (a notebook's) would swallow plotly's global.
    const define = window.define;
    window.define = undefined;
    script.addEventListener("load", () => {
      window.define = define;
      resolve(window.Plotly);
    });
    script.addEventListener("error", () => {
      window.define = define;
      reject(new Error("plotly.js could not be loaded"));
    });
    document.head.append(script);
  });
}

// When the page has nothing better to do.
export function atLeisure(task) {
  if (window.requestIdleCallback) requestIdleCallback(task);
  else setTimeout(task, LEISURE_MS);
}

// Calls once, as soon as an element is nearly in sight.
export function inSight(element, begin) {
  const sight = new IntersectionObserver(
    (changes) => {
      if (!changes.some(({ isIntersecting }) => isIntersecting)) return;
      sight.disconnect();
      begin();
    },
    { rootMargin: NEARLY },
  );
  sight.observe(element);
}

// Notebooks name their theme elsewhere than books.
const THEMES_OF_NOTEBOOKS = ["data-jp-theme-light", "data-vscode-theme-kind"];

// Calls back as the theme changes; and before a page is printed, where all of it is in sight.
export function watchTheme(redraw, drawAll) {
  window.addEventListener("beforeprint", () => {
    drawAll();
    redraw();
  });
  window.addEventListener("afterprint", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  new MutationObserver(redraw).observe(document.body, { attributeFilter: THEMES_OF_NOTEBOOKS });
}

// Whether its picture is of another theme; a page may set the one that it has already.
export function isOfOtherTheme(element) {
  return themeOf(element) !== element.dataset.drawnIn;
}

export function failed(box, error) {
  if (box.dataset.failed) return;
  box.dataset.failed = "true";
  const status = box.querySelector('[role="status"], .figure-text');
  status.textContent = `${status.textContent} (The picture could not be drawn: ${error.message}.)`;
}

function themeOf(element) {
  if (matchMedia("print").matches) return "light";
  const named = document.documentElement.dataset.theme;
  if (named === "dark" || named === "light") return named;
  if (named === "auto") return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  for (let node = element; node; node = node.parentElement) {
    const color = getComputedStyle(node)
      .backgroundColor.match(/[\d.]+/g)
      ?.map(Number);
    if (color && (color.length < 4 || color[3] > 0)) {
      return 0.3 * color[0] + 0.6 * color[1] + 0.1 * color[2] < 110 ? "dark" : "light";
    }
  }
  return "light";
}

function wrap(text, letters) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    const plain = `${line} ${word}`.replace(TAG, "");
    if (line && plain.length > letters) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}

// Plotly leaves no room of its own for a legend below the axis title. It puts the entries into
// columns as wide as the longest, no more than fit below the plot.
function legendRows(data, layout, width) {
  const shown = data.filter((trace) => trace.showlegend ?? LEGENDED.has(trace.type ?? "scatter"));
  if (!(layout.showlegend ?? shown.length > 1)) return 0;
  const longest = Math.max(...shown.map((trace) => (trace.name ?? "trace 0").length));
  const letter = width < NARROW ? 7 : 8;
  const inRow = Math.max(1, Math.floor((width - 88) / (longest * letter + 46)));
  return Math.ceil(shown.length / inRow);
}

export function fitted({ data, layout }, element) {
  const theme = themeOf(element);
  element.dataset.drawnIn = theme;
  const width = widths.get(element) || element.clientWidth || 700; // plotly's resizing costs a pass a frame
  const narrow = width < NARROW;
  const { font } = THEMES[theme].layout;
  const size = narrow ? 15 : 17;
  const lines = layout.title?.text ? wrap(layout.title.text, Math.floor((width - 16) / (size * 0.53))) : [];
  const rows = legendRows(data, layout, width);
  const margin = {
    ...layout.margin,
    t: 16 + lines.length * size * 1.4,
    b: 56 + 22 * rows,
    ...(narrow ? { l: 76, r: 8 } : {}),
  };
  const height = (layout.height ?? (narrow ? 380 : 440)) + 22 * Math.max(0, rows - 1);
  return {
    ...layout,
    template: THEMES[theme],
    paper_bgcolor: "rgba(0,0,0,0)",
    font: { ...layout.font, size: narrow ? 12 : font.size },
    title: {
      ...layout.title,
      text: lines.join("<br>"),
      font: { size },
      pad: { t: 8 + Math.max(0, lines.length - 1) * size * 0.65 },
    },
    margin,
    height: narrow ? Math.min(height, mostOfMap(layout, width, margin)) : height,
    width,
    autosize: false,
    dragmode: layout.dragmode ?? (matchMedia("(pointer: coarse)").matches ? false : "zoom"),
  };
}

// The height that a map of one scale can use: on a narrow page more of it would be empty. What
// stands below the map keeps a size to be read.
function mostOfMap({ xaxis, yaxis, yaxis2 }, width, { l, r, t, b }) {
  if (yaxis?.scaleanchor !== "x" || !xaxis?.range || !yaxis.range) return Infinity;
  const [across, up] = [xaxis.range, yaxis.range].map(([low, high]) => Math.abs(high - low));
  const [low, high] = yaxis.domain ?? [0, 1];
  const room = (((width - l - r) * up) / across / (high - low)) * (yaxis2 ? 1.3 : 1);
  return room + t + b;
}

const widths = new WeakMap(); // of what is watched: to ask for it lays out the page

// A sidebar that opens changes the width as a turned phone does.
export function onNewWidth(element, draw) {
  widths.set(element, element.clientWidth);
  new ResizeObserver(() => {
    const { clientWidth } = element;
    if (!clientWidth || clientWidth === widths.get(element)) return;
    widths.set(element, clientWidth);
    requestAnimationFrame(draw);
  }).observe(element);
}

export const CONFIG = { displayModeBar: false, showTips: false };

// A picture for plotly, which writes into the axes and traces that it is given.
export function copyOf({ data, layout: { template, ...layout } }) {
  return { data: data.map(copied), layout: { template, ...copied(layout) } };
}

function copied(part) {
  return Object.fromEntries(
    Object.entries(part).map(([key, each]) => [key, each?.constructor === Object ? { ...each } : each]),
  );
}

const GHOSTS = {
  scatter: (trace, color) => ({
    ...trace,
    line: { ...trace.line, color, dash: (trace.line?.dash ?? "solid") === "solid" ? "dot" : "dashdot", width: 1.5 },
    marker: { ...trace.marker, color, symbol: "circle-open" },
    opacity: 0.6,
  }),
  bar: (trace, color) => ({ ...trace, marker: { color }, opacity: 0.4 }),
  histogram: (trace, color) => ({ ...trace, marker: { color }, opacity: 0.4 }),
  contour: (trace, color) => ({
    ...trace,
    showscale: false,
    line: { color, dash: "dot" },
    contours: { ...trace.contours, coloring: "none" },
  }),
};

export function hasGhost(figure) {
  return figure.data.some((trace) => (trace.type ?? "scatter") in GHOSTS);
}

// A ghost keeps the hue of its curve; dash and weight tell the two apart without it.
export function ghosts(pinned, element) {
  const { colorway } = THEMES[themeOf(element)].layout;
  return pinned.data
    .map((trace, i) => [trace, colorway[i % colorway.length]])
    .filter(([trace]) => (trace.type ?? "scatter") in GHOSTS)
    .map(([trace, color]) => ({
      ...GHOSTS[trace.type ?? "scatter"](trace, color),
      name: `${trace.name ?? "curve"} (pinned)`,
      hovertemplate: undefined,
      hoverinfo: "skip",
    }));
}
