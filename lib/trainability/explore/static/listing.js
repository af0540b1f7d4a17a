// A table with a filter for each facet and a search; its state is part of the address.

import { QUIET_MS, addressed, plainly, readAddress, writeAddress } from "./address.js";

export class Listing {
  constructor(root) {
    this.name = root.dataset.listing;
    this.rows = [...root.querySelectorAll("tbody tr")];
    this.words = this.rows.map((row) => folded(row.textContent));
    this.status = root.querySelector('[role="status"]');
    this.filters = new Map();
    const bar = root.querySelector(".listing-filters");
    for (const { name } of [...this.rows[0].attributes].filter((a) => a.name.startsWith("data-facet-"))) {
      const facet = name.slice("data-facet-".length);
      const values = [...new Set(this.rows.map((row) => row.getAttribute(name)))];
      const select = document.createElement("select");
      select.append(new Option("all", ""), ...values.map((value) => new Option(value, value)));
      this.add(bar, facet, select, "change");
    }
    const search = document.createElement("input");
    search.type = "search";
    search.autocomplete = "off";
    this.add(bar, "search", search, "input");
    // A short list without facets is read faster than searched.
    bar.hidden = this.filters.size === 1 && this.rows.length < 20;
    this.status.hidden = bar.hidden;
    addressed.set(this.name, [...this.filters.keys()]);
    this.readAddress();
    window.addEventListener("hashchange", () => this.readAddress());
  }

  add(bar, facet, control, event) {
    const label = document.createElement("label");
    const words = document.createElement("span");
    words.textContent = facet;
    label.append(words, control);
    bar.append(label);
    this.filters.set(facet, control);
    control.addEventListener(event, () => {
      this.show();
      this.writeAddress();
    });
  }

  show() {
    const wanted = [...this.filters].filter(([facet]) => facet !== "search");
    const searched = folded(this.filters.get("search").value).split(/\s+/).filter(Boolean);
    let count = 0;
    this.rows.forEach((row, i) => {
      const fits =
        wanted.every(([facet, { value }]) => !value || row.getAttribute(`data-facet-${facet}`) === value) &&
        searched.every((word) => this.words[i].includes(word));
      row.hidden = !fits;
      count += fits;
    });
    this.status.textContent = count === this.rows.length ? `${count} rows` : `${count} of ${this.rows.length} rows`;
  }

  writeAddress() {
    const set = [...this.filters].filter(([, { value }]) => value).map(([facet, { value }]) => [facet, value]);
    const query = new URLSearchParams(set).toString();
    clearTimeout(this.writing);
    this.writing = setTimeout(
      () => writeAddress(query ? `#${this.name}?${query}` : location.pathname + location.search),
      QUIET_MS,
    );
  }

  readAddress() {
    const { name, values } = readAddress();
    const refused = [];
    if (name === this.name && values) {
      for (const [facet, control] of this.filters) {
        const wanted = values.get(facet) ?? "";
        control.value = wanted;
        if (control.selectedIndex === -1) {
          refused.push(`${facet}=${wanted}`);
          control.value = "";
        }
      }
      refused.push(...[...values].filter(([key]) => !this.filters.has(key)).map((pair) => pair.join("=")));
    }
    this.show();
    if (refused.length) this.status.textContent += `. This list has no ${refused.join(", ")}.`;
    // A link to one row must find it, whatever is filtered.
    const row = this.rows.find(({ id }) => id === plainly(location.hash.slice(1)));
    if (row?.hidden) {
      for (const control of this.filters.values()) control.value = "";
      this.show();
    }
    row?.scrollIntoView();
  }
}

function folded(text) {
  return text
    .normalize("NFKD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase();
}
