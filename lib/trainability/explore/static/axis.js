// Places on an axis: a whole number is a listed value, and between two of a continuous range
// lie the values between, where a source can serve them.

import { checkedRows, decodedRows, encodedRows } from "./examples.js";

export function valueAt(axis, place) {
  if (axis.kind === "number") return place;
  if (axis.kind === "examples") return Array.isArray(place) ? place : axis.tables[place];
  if (!axis.values) return axis.labels[place];
  const below = Math.floor(place);
  const [low, high] = [axis.values[below], axis.values[below + 1]];
  const share = place - below;
  if (share === 0) return low;
  return axis.scale === "log" ? low * (high / low) ** share : low + (high - low) * share;
}

// Between two listed values counts what the page shows, so that an address means the same number.
export function shownAt(axis, place) {
  return axis.kind === "range" && !Number.isInteger(place) ? Number(labelAt(axis, place)) : valueAt(axis, place);
}

export function labelAt(axis, place) {
  if (axis.kind === "number") return String(place);
  if (Array.isArray(place)) return encodedRows(place);
  return axis.labels[place] ?? String(Number(valueAt(axis, place).toPrecision(4)));
}

// The place of a value: its label, or the number where values between the listed ones make
// sense. -1 where there is none. A label is rounded: where all numbers can be had, one means itself.
export function placeOf(axis, value, { between = false, snap = false } = {}) {
  if (axis.kind === "number") return wholeNumber(axis, value, snap);
  if (axis.kind === "examples") return tableOf(axis, value);
  const number = typeof value === "number";
  const same = number && axis.values ? axis.values.indexOf(value) : -1;
  if (same >= 0) return same;
  const exact = between && axis.scale && number ? -1 : axis.labels.indexOf(String(value));
  if (exact >= 0) return exact;
  const wanted = typeof value === "string" && value.trim() === "" ? NaN : Number(value);
  if (!axis.values || axis.kind !== "range" || !Number.isFinite(wanted)) return -1;
  if (axis.scale === "log" && wanted <= 0) return snap ? 0 : -1;
  const inside = axis.scale && wanted >= axis.values[0] && wanted <= axis.values.at(-1);
  if (!snap && !inside) return axis.values.indexOf(wanted);
  const at = axis.scale === "log" ? Math.log : Number;
  if (between && inside) {
    const above = axis.values.findIndex((listed) => listed >= wanted);
    if (axis.values[above] === wanted) return above;
    const [low, high] = [axis.values[above - 1], axis.values[above]];
    return above - 1 + (at(wanted) - at(low)) / (at(high) - at(low));
  }
  const gaps = axis.values.map((listed) => Math.abs(at(listed) - at(wanted)));
  return gaps.indexOf(Math.min(...gaps));
}

// The reader's own table is its own place.
function tableOf(axis, value) {
  const listed = axis.labels.indexOf(String(value));
  if (listed >= 0) return listed;
  return (Array.isArray(value) ? checkedRows(value, axis) : decodedRows(String(value), axis)) ?? -1;
}

// A number that is typed is its own place.
function wholeNumber({ values: [least, most] }, value, snap) {
  const number = typeof value === "string" && !/^\d+$/.test(value.trim()) ? NaN : Number(value);
  if (snap && Number.isFinite(number)) return Math.min(most, Math.max(least, Math.round(number)));
  return Number.isInteger(number) && number >= least && number <= most ? number : -1;
}
