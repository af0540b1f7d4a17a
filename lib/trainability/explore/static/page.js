// What else on a page follows an explorer, and what starts it all.

import { QUIET_MS, addressed, readAddress, sayAddress } from "./address.js";
import { labelAt, valueAt } from "./axis.js";
import { revive } from "./codec.js";
import { failed, inSight, isOfOtherTheme, watchTheme } from "./drawing.js";
import { GridSource } from "./grid.js";
import { Channel, KernelSource } from "./kernel.js";
import { Listing } from "./listing.js";
import { ProgramSource } from "./program.js";
import { Question } from "./questions.js";
import { Quiz } from "./quiz.js";
import { explorers, watch } from "./registry.js";
import { startStills } from "./still.js";
import { written } from "./table.js";
import { RunSource, TrainingExplorer } from "./training.js";
import { Explorer } from "./view.js";

// <span data-bind="hero.depth">: the value of an axis, or a reading of the figure.
function bindText(span) {
  const [name, key] = span.dataset.bind.split(".");
  watch(name, (explorer) => {
    const i = explorer.axes.findIndex((axis) => axis.name === key);
    const value = i >= 0 ? labelAt(explorer.axes[i], explorer.shown[i]) : explorer.meta[key];
    if (value !== undefined) span.textContent = typeof value === "number" ? shortened(value) : value;
  });
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
  const status = box.querySelector('[role="status"]');
  const waiting = status.textContent;
  watch(name, (explorer) => {
    const reached = Object.entries(when).every(([key, wanted]) => {
      const i = explorer.axes.findIndex((axis) => axis.name === key);
      if (i < 0) return within(explorer.meta[key], wanted);
      const axis = explorer.axes[i];
      return within(valueAt(axis, explorer.shown[i]), wanted);
    });
    if (reached) box.dataset.reached = "now";
    else if (box.dataset.reached) box.dataset.reached = "before";
    const text = reached
      ? `Reached. ${explorer.meta.summary}`
      : box.dataset.reached
        ? "Reached before; not at the present settings."
        : waiting;
    if (status.textContent !== text) status.textContent = text;
  });
}

// Buttons that set a state. One is pressed while its state stands.
function bindPresets(box) {
  const name = box.dataset.presets;
  const buttons = [...box.querySelectorAll("button")].map((button) => [button, JSON.parse(button.dataset.values)]);
  for (const [button, values] of buttons) {
    button.addEventListener("click", async () => {
      const explorer = explorers.get(name);
      if (box.dataset.keepRest !== undefined) return explorer.set(values);
      explorer.pause?.();
      await explorer.set(values);
      return explorer.restart?.();
    });
  }
  watch(name, (explorer) => {
    const shown = new Map(explorer.axes.map((axis, i) => [axis.name, labelAt(axis, explorer.shown[i])]));
    for (const [button, values] of buttons) {
      button.disabled = false;
      button.ariaPressed = String(Object.entries(values).every(([axis, label]) => shown.get(axis) === label));
    }
  });
}

function followAddress() {
  const { name, values } = readAddress();
  const explorer = explorers.get(name);
  const lost = values && !addressed.has(name) && !explorer;
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

function fresh(selector) {
  const boxes = [...document.querySelectorAll(`${selector}:not([data-started])`)];
  for (const box of boxes) box.dataset.started = "true";
  return boxes;
}

function opened(explorer) {
  explorer.open().catch((error) => failed(explorer.root, error));
}

// A notebook takes plain keys for itself, arrows among them, but from what asks it not to. Its
// shortcuts, such as the one that saves, stay its own.
function keepPlainKeys({ target, key, ctrlKey, metaKey, altKey, shiftKey }) {
  if (!target.closest?.('.explorer[data-source="kernel"]')) return;
  const shortcut = ctrlKey || metaKey || altKey || key === "Escape" || (shiftKey && key === "Enter");
  if (shortcut) delete target.dataset.lmSuppressShortcuts;
  else target.dataset.lmSuppressShortcuts = "true";
}

// What anywidget calls where a kernel runs: the markup and the first figure come with the model.
function render({ model, el }) {
  el.innerHTML = model.get("html");
  const root = el.querySelector(".explorer");
  root.dataset.started = "true";
  const explorer =
    root.dataset.source === "kernel"
      ? new Explorer(root, new KernelSource(model))
      : inNotebook(explorerOf(root, { addressed: false }), new Channel(model));
  // By itself: where one answer is lost, the others need not wait for it.
  opened(explorer);
  explorer.ask();
  return () => explorer.close();
}

// What the page computes by itself a notebook's page does, too; plotly.js comes from its kernel.
function inNotebook(explorer, channel) {
  explorer.source.plotly = () => channel.plotly();
  explorer.source.close = () => channel.close();
  return explorer;
}

// An explorer whose payload stands in the page.
function explorerOf(root, options = {}) {
  const read = (kind) => JSON.parse(root.querySelector(`.explorer-${kind}`).textContent);
  const [payload, states] = [read("payload"), () => read("states")];
  if (payload.anew) return new TrainingExplorer(root, Object.assign(new RunSource(payload, states), options));
  const Source = root.dataset.source === "program" ? ProgramSource : GridSource;
  return new Explorer(root, Object.assign(new Source(payload, states), options));
}

function start() {
  const roots = fresh('.explorer[data-source="grid"], .explorer[data-source="program"]');
  const made = roots.map((root) => {
    try {
      return explorerOf(root);
    } catch (error) {
      return failed(root, error); // and the rest of the page lives
    }
  });
  // A page's first is what most readers come to; the others wait until they are nearly in sight.
  const [first, ...others] = made.filter(Boolean);
  if (first) opened(first);
  for (const explorer of others) inSight(explorer.root, () => opened(explorer));
  for (const root of fresh(".question")) new Question(root);
  for (const root of fresh(".listing")) new Listing(root);
  for (const root of fresh(".quiz")) new Quiz(root);
  startStills();
  fresh("[data-bind]").forEach(bindText);
  fresh("[data-goal]").forEach(bindGoal);
  fresh("[data-presets]").forEach(bindPresets);
  followAddress();
}

window.trainabilityExplorers = { start, render, explorers };
window.addEventListener("hashchange", followAddress);
window.addEventListener("keydown", keepPlainKeys, true);
window.addEventListener("load", () => {
  reachFormulas();
  // Formulas are typeset as they come into view.
  let pause;
  new MutationObserver(() => {
    clearTimeout(pause);
    pause = setTimeout(reachFormulas, QUIET_MS);
  }).observe(document.body, { subtree: true, childList: true });
});
watchTheme(
  () => explorers.forEach((explorer) => explorer.drawn && isOfOtherTheme(explorer.graph) && explorer.paint()),
  () => explorers.forEach((explorer) => explorer.open()),
);

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
