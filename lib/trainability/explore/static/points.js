// The reader's own points: set, moved and removed on the plane, in a table, or pasted.

import { valueAt } from "./axis.js";
import { asCsv, fromCsv, rounded } from "./examples.js";
import { Grips } from "./grips.js";

export class Points {
  chosen = -1; // the point that was set or touched last
  fresh = 0; // the class, by its number, of the next point

  constructor(explorer, i) {
    Object.assign(this, { explorer, i, axis: explorer.axes[i] });
    this.graph = explorer.graph;
    this.build();
  }

  get rows() {
    return valueAt(this.axis, this.explorer.place[this.i]);
  }

  change(rows) {
    return this.explorer.move(this.i, rows);
  }

  add(x, y) {
    if (this.rows.length >= this.axis.most) return this.say(`There is room for ${this.axis.most} points.`);
    this.chosen = this.rows.length;
    return this.change([...this.rows, [rounded(x), rounded(y), this.axis.classes[this.fresh]]]);
  }

  replace(k, row) {
    return this.change(this.rows.map((old, at) => (at === k ? row : old)));
  }

  remove(k) {
    if (this.rows.length === 1) return this.say("The last point stays.");
    this.chosen = -1;
    return this.change(this.rows.filter((_, at) => at !== k));
  }

  // The next of the classes.
  relabel(k) {
    const [x, y, old] = this.rows[k];
    const { classes } = this.axis;
    return this.replace(k, [x, y, classes[(classes.indexOf(old) + 1) % classes.length]]);
  }

  say(text) {
    this.note.textContent = text;
  }

  // Around the point that is chosen.
  ring() {
    const row = this.rows[this.chosen];
    if (!row) return [];
    const marker = { size: 19, symbol: "circle-open", line: { width: 2.5 }, color: "#cc79a7" };
    return [
      { type: "scatter", mode: "markers", x: [row[0]], y: [row[1]], marker, showlegend: false, hoverinfo: "skip" },
    ];
  }

  // After each change of the explorer.
  show() {
    const control = this.explorer.controls[this.i];
    if (Array.isArray(this.explorer.place[this.i])) control.value = "own";
    if (this.chosen >= this.rows.length) this.chosen = -1;
    const row = this.rows[this.chosen];
    this.tools.hidden = !row;
    if (row) this.words.textContent = `Point ${this.chosen + 1} at (${row[0]}, ${row[1]}), label ${signed(row[2])}`;
    if (this.details.open) this.fillTable();
  }

  build() {
    const { root, name } = this.explorer;
    this.words = element("span");
    this.tools = element("div", { className: "explorer-point", hidden: true }, [
      this.words,
      button("Other label", () => this.relabel(this.chosen)),
      button("Remove", () => this.remove(this.chosen)),
    ]);
    this.graph.after(this.tools);
    this.table = element("table");
    this.note = element("p", { role: "status" });
    const words =
      "Click or tap the plane to add a point, drag a point to move it, touch it to change its label or remove it. " +
      (this.explorer.trainButton ? "Each change begins the training anew. " : "") +
      "Numbers can be typed below, or pasted.";
    const classes = element(
      "select",
      { id: `${name}.class` },
      this.axis.classes.map((each) => element("option", { textContent: signed(each) })),
    );
    classes.addEventListener("input", () => (this.fresh = classes.selectedIndex));
    this.text = element("textarea", { rows: 4, id: `${name}.csv`, spellcheck: false });
    this.details = element("details", { className: "explorer-points" }, [
      element("summary", { textContent: "Your own points" }),
      element("p", { textContent: words }),
      element("p", {}, [labelOf(classes, "New points get the label "), classes]),
      this.note,
      element("div", { className: "explorer-table", tabIndex: 0, role: "region", ariaLabel: "Points" }, [this.table]),
      element("p", {}, [labelOf(this.text, "A line for each point: x, y, label")]),
      this.text,
      element("div", { className: "explorer-actions" }, [
        button("Add a row", () => this.addRow()),
        button("Use these lines", () => this.paste()),
        button("Copy", (event) => this.copy(event.currentTarget)),
      ]),
    ]);
    this.details.addEventListener("toggle", () => this.details.open && this.fillTable());
    root.querySelector(".explorer-status").after(this.details);
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Delete" || this.chosen < 0 || event.target.closest("input, textarea, select")) return;
      this.remove(this.chosen);
    });
  }

  async addRow() {
    await this.add(0, 0);
    this.table.querySelector("tr:last-child input")?.focus();
  }

  paste() {
    const { rows, faults } = fromCsv(this.text.value, this.axis);
    const used = rows.length ? `${rows.length} points are used.` : "Nothing is changed.";
    this.say([...faults, used].join(" "));
    if (!rows.length) return;
    this.chosen = -1;
    this.change(rows);
  }

  async copy(pressed) {
    this.text.value = asCsv(this.rows);
    try {
      await navigator.clipboard.writeText(this.text.value);
      pressed.textContent = "Copied";
      setTimeout(() => (pressed.textContent = "Copy"), 2000);
    } catch {
      this.text.select(); // a page that may not write to the clipboard leaves it to the reader
    }
  }

  // Rows are made where their number changes; a number that is being typed is left alone.
  fillTable() {
    const { rows, table } = this;
    if (table.tBodies[0]?.rows.length !== rows.length) {
      const head = ["", "x", "y", "label", ""].map((text) => element("th", { textContent: text, scope: "col" }));
      const body = element("tbody");
      rows.forEach((_, k) => body.append(this.tableRow(k)));
      table.replaceChildren(element("thead", {}, [element("tr", {}, head)]), body);
    }
    rows.forEach((row, k) => {
      const inputs = table.tBodies[0].rows[k].querySelectorAll("input, select");
      const texts = [...row.slice(0, 2).map(String), String(this.axis.classes.indexOf(row[2]))];
      inputs.forEach((input, c) => {
        if (input !== document.activeElement && input.value !== texts[c]) input.value = texts[c];
      });
    });
  }

  tableRow(k) {
    const coordinates = ["x", "y"].map((name, c) => {
      const input = element("input", {
        type: "number",
        step: "any",
        required: true,
        ariaLabel: `${name} of point ${k + 1}`,
      });
      input.addEventListener("input", () => {
        const valid = input.validity.valid && Math.abs(input.valueAsNumber) < 1e6;
        input.setAttribute("aria-invalid", String(!valid));
        if (!valid) return this.say(`Point ${k + 1} needs a number for ${name}.`);
        this.say("");
        this.chosen = k;
        return this.replace(k, Object.assign([...this.rows[k]], { [c]: rounded(input.valueAsNumber) }));
      });
      return input;
    });
    const options = this.axis.classes.map((each, c) =>
      element("option", { value: String(c), textContent: signed(each) }),
    );
    const classes = element("select", { ariaLabel: `Label of point ${k + 1}` }, options);
    classes.addEventListener("input", () => {
      const [x, y] = this.rows[k];
      this.replace(k, [x, y, this.axis.classes[classes.selectedIndex]]);
    });
    const remove = button("Remove", () => this.remove(k));
    remove.setAttribute("aria-label", `Remove point ${k + 1}`);
    const cells = [...coordinates, classes, remove].map((each) => element("td", {}, [each]));
    return element("tr", {}, [element("th", { textContent: String(k + 1), scope: "row" }), ...cells]);
  }

  // Once there is a plane to press on.
  bindGraph() {
    this.graph.dataset.points = "own";
    const { hovered } = this.explorer.meta; // the axis that tells which point a mouse is over
    this.grips = new Grips(this.graph, () => this.rows.map((row, k) => this.grip(row, k)), {
      empty: (x, y) => this.add(x, y),
      over: hovered && ((k) => this.explorer.set({ [hovered]: Math.min(k + 1, this.last(hovered)) })),
    });
  }

  // The last point that a slider can name.
  last(name) {
    return this.explorer.axes.find((axis) => axis.name === name).labels.length - 1;
  }

  grip([x, y, label], k) {
    return {
      x,
      y,
      move: (...place) => {
        this.chosen = k;
        this.replace(k, [...place.map(rounded), label]);
      },
      click: () => {
        this.chosen = k;
        this.explorer.go(this.explorer.place);
      },
    };
  }

  close() {
    this.grips?.close();
  }
}

function signed(number) {
  return number > 0 ? `+${number}` : String(number).replace("-", "−");
}

function element(tag, properties = {}, children = []) {
  const made = Object.assign(document.createElement(tag), properties);
  if (properties.role) made.setAttribute("role", properties.role);
  made.append(...children);
  return made;
}

function labelOf(control, text) {
  return element("label", { htmlFor: control.id, textContent: text });
}

function button(text, press) {
  const made = element("button", { type: "button", textContent: text });
  made.addEventListener("click", press);
  return made;
}
