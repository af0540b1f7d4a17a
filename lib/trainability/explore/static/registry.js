// The explorers of a page by name, and who wants to know what they show.

export const explorers = new Map();
const watchers = new Map();

// Calls back now, where the explorer has drawn, and whenever it draws.
export function watch(name, show) {
  if (!watchers.has(name)) watchers.set(name, new Set());
  watchers.get(name).add(show);
  const explorer = explorers.get(name);
  if (explorer?.drawn) show(explorer);
}

export function tell(explorer) {
  watchers.get(explorer.name)?.forEach((show) => show(explorer));
}
