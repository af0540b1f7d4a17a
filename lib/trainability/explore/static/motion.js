// A picture in motion. Plotly takes tens of milliseconds for each; where only lines and points have
// moved and the rest stands, their own elements are moved instead, and plotly draws at rest.

import { NOTHING, pathOf, short } from "./svg.js";

const MOVING = ["x", "y", "z"]; // what motion changes of a trace

// Moves what stands there to what is next: "moved", "late" where something must wait for plotly, or
// null where plotly must draw at once.
export function moveTo(graph, last, next) {
  if (!last || !fits(last, next)) return null;
  const moves = [];
  let late = false;
  for (const [i, trace] of next.data.entries()) {
    const before = last.data[i];
    if (MOVING.every((key) => same(before[key], trace[key]))) continue;
    if (trace.type !== "scatter") late = true;
    else if (!addMoves(moves, graph, i, trace)) return null;
  }
  if (!addTitle(moves, graph, last.layout.title.text, next.layout.title.text)) return null;
  for (const move of moves) move();
  graph.data = next.data;
  graph.layout = next.layout;
  return late ? "late" : "moved";
}

// A picture for plotly, which writes into the axes and traces that it is given.
export function copyOf({ data, layout: { template, ...layout } }) {
  return { data: data.map(copied), layout: { template, ...copied(layout) } };
}

function copied(part) {
  return Object.fromEntries(
    Object.entries(part).map(([key, each]) => [key, each?.constructor === Object ? { ...each } : each]),
  );
}

// The same but for numbers and the words of the title, on axes that stand still.
function fits({ data, layout }, next) {
  if (data.length !== next.data.length || layout.template !== next.layout.template) return false;
  const still = data.every((trace, i) => equalBut(trace, next.data[i], MOVING));
  const { title, ...rest } = layout;
  const { title: nextTitle, ...nextRest } = next.layout;
  return still && equalBut(title, nextTitle, ["text"]) && equalBut(rest, nextRest, ["template", "meta"]);
}

function addMoves(moves, graph, i, trace) {
  /* oxlint-disable no-underscore-dangle -- plotly's names */
  const { uid } = graph._fullData[i];
  const [x, y] = ["x", "y"].map((letter) => {
    const name = (trace[`${letter}axis`] ?? letter).replace(letter, `${letter}axis`);
    return graph.layout[name]?.range ? graph._fullLayout[name] : null; // by itself it would move, too
  });
  /* oxlint-enable no-underscore-dangle */
  if (!x || !y || trace.fill || trace.text || !trace.x || !trace.y) return false;
  const places = Array.from(trace.x, (each, k) => [x.c2p(each), y.c2p(trace.y[k])]);
  const mode = trace.mode ?? "lines";
  const group = graph.querySelector(`.trace${uid}`);
  // Plotly has a path for each part between two gaps; one is enough for all.
  const [line, ...parts] = group?.querySelectorAll("path.js-line") ?? [];
  const points = [...(group?.querySelectorAll("path.point") ?? [])];
  const drawn = places.filter((place) => place.every(Number.isFinite));
  if (mode.includes("lines") && !line) return false;
  if (mode.includes("markers") && points.length !== drawn.length) return false;
  if (mode.includes("lines")) moves.push(() => line.setAttribute("d", pathOf(places)));
  for (const part of parts) moves.push(() => part.setAttribute("d", NOTHING));
  if (mode.includes("markers"))
    moves.push(() =>
      points.forEach((point, k) => point.setAttribute("transform", `translate(${drawn[k].map(short)})`)),
    );
  return true;
}

function addTitle(moves, graph, before = "", after = "") {
  if (before === after) return true;
  const title = graph.querySelector(".gtitle");
  if (!title || !before || !after || /[<$]/.test(before + after)) return false;
  moves.push(() => (title.textContent = after));
  return true;
}

function equalBut(one, other, left) {
  const [mine, theirs] = [one, other].map((part) => Object.keys(part).filter((key) => !left.includes(key)));
  return mine.length === theirs.length && mine.every((key) => same(one[key], other[key]));
}

function same(one, other) {
  if (Object.is(one, other)) return true;
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object") return false;
  if (one.length !== undefined) {
    if (one.length !== other.length) return false;
    for (let i = 0; i < one.length; i++) if (!same(one[i], other[i])) return false;
    return true;
  }
  return other.length === undefined && equalBut(one, other, []);
}
