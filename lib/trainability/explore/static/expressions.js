// Arithmetic that readers type, as expressions.py reads it: no code is run.

const FUNCTIONS = {
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  abs: Math.abs,
};
const CONSTANTS = { pi: Math.PI, e: Math.E };
const LONGEST = 200;
const SIGNS = { "**": "^", "·": "*", "×": "*", "−": "-", "÷": "/", π: "pi", "√": "sqrt" };
// What expressions.py reads too, letter by letter: ASCII, the signs of paper, a few spaces.
const TOKEN =
  /[ \t-\r\xa0\u2000-\u200a\u202f]*((?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[A-Za-z_][A-Za-z0-9_]*|[π√]|\*\*|[-+*/^()·×−÷]|$)/y;
const UNREADABLE = "This cannot be read as a formula; write every *, and use + - * / ^ ( ), sqrt and log.";

export function evaluate(text, variables = {}) {
  if ([...text].length > LONGEST) throw new Error(`Use at most ${LONGEST} characters.`);
  const tokens = tokenized(text);
  if (!tokens.length) throw new Error("Type a number or a formula.");
  return parsed(tokens, variables)();
}

// Every part becomes a function, so that the whole is read before any of it is counted.
function parsed(tokens, variables) {
  const names = { ...CONSTANTS, ...variables };
  let at = 0;
  const take = (...signs) => (signs.includes(tokens[at]) ? tokens[at++] : null);
  const need = (sign) => {
    if (!take(sign)) throw new Error(UNREADABLE);
  };
  const chain = (part, signs) => () => {
    let value = part();
    for (let sign = take(...Object.keys(signs)); sign; sign = take(...Object.keys(signs))) {
      const [left, right, count] = [value, part(), signs[sign]];
      value = () => finite(count(left(), right()));
    }
    return value;
  };
  const atom = () => {
    const token = tokens[at++] ?? "";
    if (/^[0-9.]/.test(token)) return () => finite(Number(token));
    if (token === "(" || (Object.hasOwn(FUNCTIONS, token) && take("("))) {
      const inner = sum();
      need(")");
      return token === "(" ? inner : () => finite(FUNCTIONS[token](inner()));
    }
    if (!/^[A-Za-z_]/.test(token)) throw new Error(UNREADABLE);
    return () => {
      if (Object.hasOwn(names, token)) return names[token];
      const known = Object.keys(variables).join(", ");
      throw new Error(`${token} is unknown here${known ? `; use ${known}` : ""}.`);
    };
  };
  // As in Python, -2^2 is -4 and 2^-1 is a half.
  const power = () => {
    const base = atom();
    if (!take("^")) return base;
    const exponent = signed();
    return () => finite(base() ** exponent());
  };
  const signed = () => {
    const sign = take("-", "+");
    const value = sign ? signed() : power();
    return sign === "-" ? () => -value() : value;
  };
  const product = chain(signed, { "*": (a, b) => a * b, "/": (a, b) => a / b });
  const sum = chain(product, { "+": (a, b) => a + b, "-": (a, b) => a - b });
  const value = sum();
  if (at < tokens.length) throw new Error(UNREADABLE);
  return value;
}

function finite(value) {
  if (!Number.isFinite(value)) throw new Error("This formula has no finite value.");
  return value;
}

function tokenized(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) throw new Error(UNREADABLE);
    const [, sign] = match;
    if (sign) tokens.push(Object.hasOwn(SIGNS, sign) ? SIGNS[sign] : sign);
  }
  return tokens;
}
