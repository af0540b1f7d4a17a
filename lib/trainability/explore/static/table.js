// The figure's numbers, as a table to read and as CSV to keep.

import { bytesOf, rows } from "./codec.js";
import { TAG } from "./drawing.js";

const MOST_ROWS = 400;
const KINDS = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  f4: Float32Array,
  f8: Float64Array,
};

export function written(value, digits = 6) {
  if (typeof value !== "number") return value === undefined || value === null ? "" : String(value);
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(digits)));
}

function axisTitle(figure, axis) {
  return figure.layout[axis]?.title?.text?.replace(TAG, "") ?? axis[0];
}

function same(a, b) {
  return a?.length === b?.length && a.every((value, i) => Object.is(value, b[i]));
}

function series(values) {
  return values && typeof values === "object" && "length" in values ? Array.from(values) : null;
}

// A table is {head: [text], columns: [[value]]}; one block for all traces that share their x.
function tables(figure) {
  const blocks = [];
  figure.data.forEach((trace, i) => {
    if (trace.opacity === 0) return undefined; // is there to be clicked
    if (trace.z) return blocks.push(surface(figure, trace, trace.name ?? "z"));
    const name = trace.name ?? (figure.data.length > 1 ? `curve ${i + 1}` : axisTitle(figure, "yaxis"));
    const y = series(decoded(trace.y));
    const x = series(decoded(trace.x));
    if (!y && !x) return undefined;
    const keys = y ? (x ?? y.map((_, k) => k)) : x.map((_, k) => k);
    const block = blocks.find((other) => other.keys && same(other.keys, keys));
    if (block) {
      block.head.push(name);
      block.columns.push(y ?? x);
    } else {
      blocks.push({ keys, head: [axisTitle(figure, "xaxis"), name], columns: [keys, y ?? x] });
    }
    return undefined;
  });
  return blocks;
}

function surface(figure, trace, name) {
  const z = decoded(trace.z).map((row) => Array.from(row));
  const x = series(decoded(trace.x)) ?? z[0].map((_, k) => k);
  const y = series(decoded(trace.y)) ?? z.map((_, k) => k);
  const columns = [[], [], []];
  z.forEach((row, i) => row.forEach((value, j) => [x[j], y[i], value].forEach((item, k) => columns[k].push(item))));
  return { head: [axisTitle(figure, "xaxis"), axisTitle(figure, "yaxis"), name], columns };
}

// The default figure carries its arrays in plotly's own base64.
export function decoded(values) {
  if (!values?.bdata) return values;
  const flat = new KINDS[values.dtype](bytesOf(values.bdata).buffer);
  return values.shape ? rows(flat, Number(String(values.shape).split(",")[1])) : flat;
}

export function drawTable(figure, host, digits) {
  host.replaceChildren(
    ...tables(figure).map(({ head, columns }) => {
      const table = document.createElement("table");
      const top = table.createTHead().insertRow();
      for (const text of head) {
        const cell = document.createElement("th");
        cell.scope = "col";
        cell.textContent = text;
        top.append(cell);
      }
      const body = table.createTBody();
      const count = Math.min(columns[0].length, MOST_ROWS);
      for (let i = 0; i < count; i++) {
        const row = body.insertRow();
        for (const column of columns) row.insertCell().textContent = written(column[i], digits);
      }
      if (columns[0].length > count) {
        const note = table.createCaption();
        note.textContent = `The first ${count} of ${columns[0].length} rows; the CSV file has all.`;
      }
      return table;
    }),
  );
}

// Quoted, and never a formula to a spreadsheet.
function csvCell(value, digits) {
  const text = written(value, digits);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(figure, digits) {
  return tables(figure)
    .map(({ head, columns }) => {
      const lines = columns[0].map((_, i) => columns.map((column) => csvCell(column[i], digits)).join(","));
      return [head.map((text) => csvCell(text)).join(","), ...lines].join("\n");
    })
    .join("\n\n");
}
