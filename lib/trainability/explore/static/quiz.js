// Statements judged together: a score first, the answers when they are asked for.

const MOST_PAST = 5;

export class Quiz {
  constructor(root) {
    this.root = root;
    this.items = [...root.querySelectorAll("li[data-right]")];
    this.status = root.querySelector('[role="status"]');
    this.past = root.querySelector(".quiz-past");
    this.key = `trainability.quiz.${root.dataset.quiz}`;
    this.buttons = Object.fromEntries(
      ["score", "answers", "again", "save"].map((action) => {
        const button = root.querySelector(`[data-action="${action}"]`);
        button.addEventListener("click", () => this[action]());
        return [action, button];
      }),
    );
    root.querySelector(".quiz-actions").hidden = false;
    this.saving = root.querySelector(".quiz-save");
    this.showPast();
  }

  score() {
    const open = this.items.filter((item) => !answerOf(item)).map((item) => this.items.indexOf(item) + 1);
    if (open.length === this.items.length) {
      this.status.textContent = "Judge some statements first.";
      return;
    }
    const groups = new Map();
    for (const item of this.items) {
      const [right, all] = groups.get(item.dataset.group) ?? [0, 0];
      groups.set(item.dataset.group, [right + (answerOf(item) === item.dataset.right), all + 1]);
    }
    const right = [...groups.values()].reduce((sum, [some]) => sum + some, 0);
    const parts = [...groups].map(([group, [some, all]]) => `${group}: ${some} of ${all}`);
    const missing = open.length ? ` Not judged: ${open.join(", ")}.` : "";
    this.status.textContent = `${right} of ${this.items.length} right.${missing} By lesson: ${parts.join("; ")}.`;
    this.keep(right);
    this.right = right;
    this.saving.hidden = false;
    this.buttons.answers.hidden = false;
    this.buttons.again.hidden = false;
  }

  answers() {
    for (const item of this.items) {
      const right = answerOf(item) === item.dataset.right;
      const reply = item.querySelector(".quiz-reply");
      const word = item.dataset.right === "depends" ? "It depends." : `It is ${item.dataset.right}.`;
      reply.querySelector("strong").textContent = `${right ? "Right." : "Not so."} ${word}`;
      reply.hidden = false;
      item.dataset.judged = right ? "right" : "wrong";
      item.querySelector("fieldset").disabled = true;
    }
    this.buttons.answers.hidden = true;
    this.buttons.score.hidden = true;
    this.buttons.again.focus();
  }

  again() {
    for (const item of this.items) {
      item.querySelector(".quiz-reply").hidden = true;
      delete item.dataset.judged;
      item.querySelector("fieldset").disabled = false;
      for (const input of item.querySelectorAll("input")) input.checked = false;
    }
    this.status.textContent = "";
    this.saving.hidden = true;
    this.buttons.score.hidden = false;
    this.buttons.answers.hidden = true;
    this.buttons.again.hidden = true;
    this.showPast();
    this.items[0].querySelector("input").focus();
  }

  // One line for a spreadsheet, below its head: who, when, how many, and each judgment.
  save() {
    const numbers = this.items.map((_, i) => String(i + 1));
    const who = this.saving.querySelector("input").value.trim();
    const row = [who, today(), String(this.right), String(this.items.length), ...this.items.map(answerOf)];
    const head = ["name", "day", "right", "of", ...numbers];
    const text = [head, row].map((cells) => cells.map(field).join(",")).join("\r\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${text}\r\n`], { type: "text/csv" }));
    link.download = `${this.root.dataset.quiz}-${today()}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  read() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) ?? "[]");
      return kept.filter(({ day, right }) => typeof day === "string" && Number.isInteger(right));
    } catch {
      return [];
    }
  }

  keep(right) {
    const day = today();
    try {
      localStorage.setItem(this.key, JSON.stringify([...this.read(), { day, right }].slice(-MOST_PAST)));
    } catch {
      // A browser that keeps nothing still scores.
    }
  }

  showPast() {
    const kept = this.read();
    this.past.hidden = kept.length === 0;
    const scores = kept.map(({ day, right }) => `${right} of ${this.items.length} on ${day}`);
    this.past.textContent = `Earlier scores, kept in this browser alone: ${scores.join("; ")}.`;
  }
}

function answerOf(item) {
  return item.querySelector("input:checked")?.value ?? "";
}

function today() {
  return new Date().toISOString().slice(0, 10);
}

// Quoted, and harmless where a spreadsheet would take it for a formula.
function field(text) {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
