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
const SIGNS = { "**": "^", "·": "*", "×": "*", "−": "-", "÷": "/", "π": "pi", "√": "sqrt" };
const TOKEN = /\s*((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[a-z_]\w*|[-+*/^()])/iy;
const UNREADABLE = "This cannot be read as a formula; use + - * / ^ and parentheses.";

function evaluate(text, variables = {}) {
  if (!text.trim()) throw new Error("Type a number or a formula.");
  if (text.length > LONGEST) throw new Error(`Use at most ${LONGEST} characters.`);
  const tokens = tokenized(text.replace(/\*\*|[·×−÷π√]/g, (sign) => SIGNS[sign]).trim());
  const names = { ...CONSTANTS, ...variables };
  let at = 0;
  const take = (...signs) => (signs.includes(tokens[at]) ? tokens[at++] : null);
  const need = (sign) => {
    if (!take(sign)) throw new Error(UNREADABLE);
  };
  const chain = (part, signs) => () => {
    let value = part();
    for (let sign = take(...Object.keys(signs)); sign; sign = take(...Object.keys(signs))) {
      value = finite(signs[sign](value, part()));
    }
    return value;
  };
  const atom = () => {
    const token = tokens[at++];
    if (token === undefined) throw new Error(UNREADABLE);
    if (/^[\d.]/.test(token)) return Number(token);
    if (token === "(") {
      const value = sum();
      need(")");
      return value;
    }
    if (Object.hasOwn(FUNCTIONS, token) && take("(")) {
      const value = finite(FUNCTIONS[token](sum()));
      need(")");
      return value;
    }
    if (!/^[a-z_]/i.test(token)) throw new Error(UNREADABLE);
    if (!Object.hasOwn(names, token)) {
      const known = Object.keys(variables).join(", ");
      throw new Error(`${token} is unknown here${known ? `; use ${known}` : ""}.`);
    }
    return names[token];
  };
  // As in Python, -2^2 is -4 and 2^-1 is a half.
  const power = () => {
    const base = atom();
    return take("^") ? finite(base ** signed()) : base;
  };
  const signed = () => {
    const sign = take("-", "+");
    if (!sign) return power();
    return sign === "-" ? -signed() : signed();
  };
  const product = chain(signed, { "*": (a, b) => a * b, "/": (a, b) => a / b });
  const sum = chain(product, { "+": (a, b) => a + b, "-": (a, b) => a - b });
  const value = sum();
  if (at < tokens.length) throw new Error(UNREADABLE);
  return finite(value);
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
    tokens.push(match[1]);
  }
  return tokens;
}
