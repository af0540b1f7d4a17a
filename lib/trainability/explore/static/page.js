// What else on a page follows an explorer, and what starts it all.

import { QUIET_MS, addressed, readAddress, sayAddress } from "./address.js";
import { revive } from "./codec.js";
import { CONFIG, afterFirstPaint, fitted, loadPlotly, onNewWidth } from "./drawing.js";
import { Listing } from "./listing.js";
import { Question } from "./questions.js";
import { Quiz } from "./quiz.js";
import { written } from "./table.js";
import { Explorer, explorers } from "./view.js";

// <span data-bind="hero.depth">: the value of an axis, or a reading of the figure.
function bindText(span) {
  const [name, key] = span.dataset.bind.split(".");
  const explorer = explorers.get(name);
  const show = () => {
    const i = explorer.axes.findIndex((axis) => axis.name === key);
    const value = i >= 0 ? explorer.labelOf(i) : explorer.meta[key];
    if (value !== undefined) span.textContent = typeof value === "number" ? shortened(value) : value;
  };
  explorer.listeners.add(show);
}

function shortened(value) {
  if (Number.isInteger(value)) return String(value);
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : written(value);
}

function within(value, wanted) {
  if (Array.isArray(wanted)) return value >= wanted[0] && value <= wanted[1];
  return value === wanted;
}

function bindGoal(box) {
  const { explorer: name, when } = revive(JSON.parse(box.dataset.goal));
  const explorer = explorers.get(name);
  const status = box.querySelector('[role="status"]');
  const waiting = status.textContent;
  const judge = () => {
    const reached = Object.entries(when).every(([key, wanted]) => {
      const i = explorer.axes.findIndex((axis) => axis.name === key);
      if (i < 0) return within(explorer.meta[key], wanted);
      const axis = explorer.axes[i];
      const value = axis.values ? axis.values[explorer.place[i]] : explorer.labelOf(i);
      return within(value, wanted);
    });
    if (reached) box.dataset.reached = "now";
    else if (box.dataset.reached) box.dataset.reached = "before";
    const text = reached
      ? `Reached. ${explorer.meta.summary}`
      : box.dataset.reached
        ? "Reached before; not at the present settings."
        : waiting;
    if (status.textContent !== text) status.textContent = text;
  };
  explorer.listeners.add(judge);
}

async function drawStill(box) {
  const { figure } = JSON.parse(box.querySelector("script").textContent);
  const { data, layout } = revive(figure);
  const graph = box.querySelector(".figure-graph");
  await afterFirstPaint();
  const Plotly = await loadPlotly();
  const draw = () => Plotly.react(graph, data, fitted({ data, layout }, graph), CONFIG);
  redraws.add(draw);
  await draw();
  onNewWidth(graph, draw);
  box.dataset.ready = "true";
}

const redraws = new Set();

function redrawAll() {
  for (const explorer of explorers.values()) if (explorer.grid) explorer.draw();
  redraws.forEach((draw) => draw());
}

function followAddress() {
  const { name, values } = readAddress();
  const explorer = explorers.get(name);
  const lost = values && !addressed.has(name);
  sayAddress(lost ? `This page has nothing named “${name}”; the link may be damaged.` : "");
  if (!explorer || !values) return;
  explorer.set(Object.fromEntries(values));
  explorer.root.scrollIntoView({ block: "nearest" });
}

// A formula wider than a phone scrolls in its place, and a keyboard must reach it.
function reachFormulas() {
  for (const formula of document.querySelectorAll('mjx-container[display="true"]')) {
    const box = [formula, formula.parentElement].find((node) => node.scrollWidth > node.clientWidth);
    if (box) box.tabIndex = 0;
  }
}

function failed(box, error) {
  const status = box.querySelector('[role="status"], .figure-text');
  status.textContent = `${status.textContent} (The picture could not be drawn: ${error.message}.)`;
}

// One after the other, so that the first figure of a page need not wait for the last.
let opened = Promise.resolve();

// What follows an explorer that a later output brings stays fresh until then.
function fresh(selector, name = () => null) {
  return [...document.querySelectorAll(`${selector}:not([data-started])`)].filter((box) => {
    const needed = name(box);
    if (needed !== null && !explorers.has(needed)) return false;
    box.dataset.started = "true";
    return true;
  });
}

function start() {
  for (const explorer of fresh(".explorer").map((root) => new Explorer(root))) {
    opened = opened.then(() => explorer.open()).catch((error) => failed(explorer.root, error));
  }
  for (const root of fresh(".question")) new Question(root);
  for (const root of fresh(".listing")) new Listing(root);
  for (const root of fresh(".quiz")) new Quiz(root);
  for (const box of fresh(".figure")) drawStill(box).catch((error) => failed(box, error));
  fresh("[data-bind]", (span) => span.dataset.bind.split(".")[0]).forEach(bindText);
  fresh("[data-goal]", (box) => JSON.parse(box.dataset.goal).explorer).forEach(bindGoal);
  followAddress();
}

window.trainabilityExplorers = { start, explorers };
window.addEventListener("hashchange", followAddress);
window.addEventListener("load", () => {
  reachFormulas();
  // Formulas are typeset as they come into view.
  let pause;
  new MutationObserver(() => {
    clearTimeout(pause);
    pause = setTimeout(reachFormulas, QUIET_MS);
  }).observe(document.body, { subtree: true, childList: true });
});
window.addEventListener("beforeprint", redrawAll);
window.addEventListener("afterprint", redrawAll);
new MutationObserver(redrawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
