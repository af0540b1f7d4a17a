// Figures without controls: light until a reader points at one.

import { revive } from "./codec.js";
import { CONFIG, failed, fitted, inSight, isOfOtherTheme, loadPlotly, onNewWidth, watchTheme } from "./drawing.js";
import { clearLight, drawLight } from "./light.js";

const stills = [];

// Those of the page that have not been started.
export function startStills() {
  for (const root of document.querySelectorAll(".figure:not([data-started])")) {
    root.dataset.started = "true";
    const still = new Still(root);
    stills.push(still);
    inSight(root, () => still.open().catch((error) => failed(root, error)));
  }
}

watchTheme(
  () => stills.forEach((still) => still.drawn && isOfOtherTheme(still.graph) && still.paint()),
  () => stills.forEach((still) => still.open()),
);

class Still {
  constructor(root) {
    this.root = root;
    root.still = this;
    this.figure = revive(JSON.parse(root.querySelector("script").textContent).figure);
    this.graph = root.querySelector(".figure-graph");
  }

  open() {
    this.opening ??= this.begin();
    return this.opening;
  }

  async begin() {
    await this.paint();
    onNewWidth(this.graph, () => this.paint());
    this.graph.addEventListener("pointerover", () => this.complete().catch(() => {}), { once: true });
    this.root.dataset.usable = "true";
  }

  complete() {
    this.completing ??= this.bring();
    return this.completing;
  }

  async bring() {
    this.Plotly = await loadPlotly();
    await this.paint();
    await this.open();
    this.root.dataset.ready = "true";
  }

  async paint() {
    const { data, layout } = this.figure;
    const fitting = { data, layout: fitted({ data, layout }, this.graph) };
    this.drawn = true;
    if (!this.Plotly && drawLight(this.graph, fitting)) return;
    if (!this.Plotly) this.Plotly = await loadPlotly();
    clearLight(this.graph);
    await this.Plotly.react(this.graph, data, fitting.layout, CONFIG);
  }
}
