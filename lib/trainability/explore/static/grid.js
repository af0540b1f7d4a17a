// The figures of a grid, prepared when the book was built.

import { Grid, revive } from "./codec.js";

export class GridSource {
  between = false;
  addressed = true;

  constructor(payload, states) {
    const { name, link, digits, axes, figure } = payload;
    Object.assign(this, { states, name, link, digits, axes: revive(axes), first: revive(figure) });
    this.start = String(this.axes.map((axis) => axis.start));
  }

  async open() {
    this.grid = await Grid.read(this.first, this.states());
  }

  serve(place) {
    if (String(place) === this.start) return { figure: this.first }; // to the last digit
    const position = this.axes.reduce((sum, axis, i) => sum * axis.labels.length + place[i], 0);
    return { figure: this.grid.figure(position) };
  }
}
