// The figures of a grid, prepared when the book was built.

import { Grid, revive } from "./codec.js";

export class GridSource {
  between = false;
  addressed = true;

  constructor(root) {
    this.payload = JSON.parse(root.querySelector(".explorer-payload").textContent);
    this.name = this.payload.name;
    this.link = this.payload.link;
    this.digits = this.payload.digits;
    this.axes = revive(this.payload.axes);
    this.first = revive(this.payload.figure);
  }

  async open() {
    this.grid = await Grid.read(this.payload);
  }

  serve(place) {
    const position = this.axes.reduce((sum, axis, i) => sum * axis.labels.length + place[i], 0);
    return { figure: this.grid.figure(position) };
  }
}
