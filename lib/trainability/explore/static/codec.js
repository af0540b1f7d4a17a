// Reads what payload.py writes.

const NAN = -(2 ** 31);
const MINUS_INF = NAN + 1;
const ZERO = NAN + 2;
const PLUS_INF = 2 ** 31 - 1;

export function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

async function inflate(base64) {
  const { writable, readable } = new DecompressionStream("deflate-raw");
  const writer = writable.getWriter();
  const [bytes] = await Promise.all([collected(readable), writer.write(bytesOf(base64)), writer.close()]);
  return bytes;
}

// By hand: a Response would wait for all that the page is about to do.
async function collected(readable) {
  const reader = readable.getReader();
  const parts = [];
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push([length, part.value]);
    length += part.value.length;
  }
  const bytes = new Uint8Array(length);
  for (const [at, part] of parts) bytes.set(part, at);
  return bytes;
}

// Low bytes first, zigzag, differences: the reverse of payload._integers, for one array of many.
function integers(bytes, start = 0, length = bytes.length / 4) {
  const count = bytes.length / 4;
  const values = new Int32Array(length);
  let sum = 0;
  for (let i = 0, at = start; i < length; i++, at++) {
    const zigzag = bytes[at] | (bytes[count + at] << 8) | (bytes[2 * count + at] << 16) | (bytes[3 * count + at] << 24);
    sum = (sum + ((zigzag >>> 1) ^ -(zigzag & 1))) | 0;
    values[i] = sum;
  }
  return values;
}

function numbers(codes, [kind, step]) {
  if (kind === "float32") return new Float32Array(codes.buffer);
  return Float64Array.from(codes, (code) => {
    if (code === NAN) return NaN;
    if (code === PLUS_INF) return Infinity;
    if (code === MINUS_INF) return -Infinity;
    if (kind === "absolute") return code * step;
    return code === ZERO ? 0 : 10 ** (code * step);
  });
}

export function rows(flat, columns) {
  if (!columns) return flat;
  const count = flat.length / columns;
  return Array.from({ length: count }, (_, i) => flat.subarray(i * columns, (i + 1) * columns));
}

// JSON has no words for these numbers; document.py writes them as {"$number": …}.
export function revive(value) {
  if (Array.isArray(value)) return value.map(revive);
  if (value === null || typeof value !== "object") return value;
  if ("$number" in value) return { inf: Infinity, "-inf": -Infinity, nan: NaN }[value.$number];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)]));
}

export class Grid {
  static async read(base, { blob, sections, columns, precisions }) {
    const bytes = await inflate(blob);
    const parts = [];
    let at = 0;
    for (const length of sections) {
      parts.push(bytes.subarray(at, at + length));
      at += length;
    }
    return new Grid(base, columns, precisions, parts);
  }

  constructor(base, columns, precisions, parts) {
    this.base = base;
    this.precisions = precisions;
    this.values = revive(JSON.parse(new TextDecoder().decode(parts.pop())));
    this.codes = parts.pop();
    this.table = integers(parts.pop());
    this.columns = columns.map((column, i) => ({ ...column, points: integers(parts[i]) }));
    this.arrays = new Map();
  }

  figure(point) {
    const figure = structuredClone(this.base);
    for (const { path, kind, points } of this.columns) {
      const leaf = points[point];
      if (leaf === 0) remove(figure, path);
      else put(figure, path, kind === "array" ? this.array(leaf - 1) : structuredClone(this.values[leaf - 1]));
    }
    figure.data = figure.data.filter((trace) => trace && Object.keys(trace).length);
    return figure;
  }

  array(i) {
    if (!this.arrays.has(i)) {
      const count = this.table.length / 4;
      const [start, length, columns, precision] = [0, 1, 2, 3].map((k) => this.table[k * count + i]);
      const codes = integers(this.codes, start, length);
      this.arrays.set(i, rows(numbers(codes, this.precisions[precision]), columns));
    }
    return this.arrays.get(i);
  }
}

function put(figure, path, leaf) {
  let node = figure;
  path.slice(0, -1).forEach((step, i) => {
    node[step] ??= typeof path[i + 1] === "number" ? [] : {};
    node = node[step];
  });
  node[path.at(-1)] = leaf;
}

function remove(figure, path) {
  let node = figure;
  for (const step of path.slice(0, -1)) node = node?.[step];
  if (node) delete node[path.at(-1)];
}
