// Tables of examples, a row for each point: its two coordinates and its class. In an address they
// are numbers with `_` between them and `*` between rows, which no encoding touches.

const BETWEEN_NUMBERS = "_";
const BETWEEN_ROWS = "*";
const DIGITS = 1000; // a coordinate is kept to a thousandth

export function encodedRows(rows) {
  return rows.map((row) => row.map(short).join(BETWEEN_NUMBERS)).join(BETWEEN_ROWS);
}

// The rows of an address, or null.
export function decodedRows(text, axis) {
  if (!text.includes(BETWEEN_NUMBERS)) return null;
  return checkedRows(
    text.split(BETWEEN_ROWS).map((row) => row.split(BETWEEN_NUMBERS)),
    axis,
  );
}

// Rows as a script gives them, or null where one is none.
export function checkedRows(rows, axis) {
  if (!Array.isArray(rows) || rows.length < 1 || rows.length > axis.most) return null;
  const checked = rows.map((row) => checkedRow(row, axis));
  return checked.includes(null) ? null : checked;
}

export function checkedRow(row, { classes }) {
  if (row?.length !== 3) return null;
  const numbers = Array.from(row, (part) => (String(part).trim() === "" ? NaN : Number(part)));
  if (!numbers.every((each) => Math.abs(each) < 1e6) || !classes.includes(numbers[2])) return null;
  return [rounded(numbers[0]), rounded(numbers[1]), numbers[2]];
}

export function rounded(number) {
  return Math.round(number * DIGITS) / DIGITS;
}

export function asCsv(rows) {
  return ["x1,x2,label", ...rows.map((row) => row.map(short).join(","))].join("\n");
}

// What was pasted: the rows that are some, and a sentence about each line that is none.
export function fromCsv(text, axis) {
  const rows = [];
  const faults = [];
  text.split(/\r?\n/).forEach((line, i) => {
    const parts = line.trim().split(/\s*[,;\t]\s*|\s+/);
    if (line.trim() === "" || (rows.length === 0 && !faults.length && isHead(parts))) return;
    const row = checkedRow(parts, axis);
    if (row && rows.length < axis.most) rows.push(row);
    else if (row) faults.push(`Line ${i + 1} is beyond ${axis.most} points.`);
    else faults.push(`Line ${i + 1} is not two numbers and a label of ${axis.classes.join(" or ")}: ${quoted(line)}`);
  });
  return { rows, faults };
}

function isHead(parts) {
  return parts.every((part) => /^["']?[a-z]/i.test(part) && Number.isNaN(Number(part)));
}

function quoted(line) {
  const text = line.trim();
  return `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”.`;
}

function short(number) {
  return String(rounded(number));
}
