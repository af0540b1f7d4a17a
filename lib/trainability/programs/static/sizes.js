// Numbers that depend on settings, as expressions.py writes them.

const OPERATORS = {
  "+": (...parts) => parts.reduce((sum, part) => sum + part, 0),
  "*": (...parts) => parts.reduce((all, part) => all * part, 1),
  "^": (base, exponent) => base ** exponent,
  "//": (one, other) => Math.floor(one / other),
  "%": (one, other) => one - other * Math.floor(one / other),
  max: Math.max,
  min: Math.min,
  inf: (sign) => sign * Infinity,
  nan: () => NaN,
};

export function number(expression, settings) {
  if (typeof expression === "number") return expression;
  if (typeof expression === "string") {
    if (!Object.hasOwn(settings, expression)) throw new Error(`The plan asks for a setting ${expression}.`);
    return settings[expression];
  }
  const [name, ...parts] = expression;
  if (!Object.hasOwn(OPERATORS, name)) throw new Error(`The plan computes ${name} of numbers.`);
  return OPERATORS[name](...parts.map((part) => number(part, settings)));
}

// The settings that an expression, or anything that holds some, depends on.
export function named(part, settings, found = new Set()) {
  if (typeof part === "string" && settings.includes(part)) found.add(part);
  else if (part && typeof part === "object") for (const each of Object.values(part)) named(each, settings, found);
  return found;
}
