// A figure without controls: light until a reader points at it.

import { revive } from "./codec.js";
import { CONFIG, fitted, loadPlotly, onNewWidth } from "./drawing.js";
import { clearLight, drawLight } from "./light.js";

export class Still {
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
