// A question of the page: judges an answer as questions.py does, and shows its reply.

import { revive } from "./codec.js";
import { evaluate } from "./expressions.js";
import { SketchBoard } from "./sketch.js";

export class Question {
  constructor(root) {
    this.root = root;
    this.data = revive(JSON.parse(root.querySelector(".question-data").textContent));
    this.answer = root.querySelector(".question-answer");
    this.status = root.querySelector('[role="status"]');
    this.button = root.querySelector('[data-action="check"]');
    this.again = root.querySelector('[data-action="again"]');
    // Open first: a closed sketch shows the truth.
    this.answer.disabled = false;
    this.judge = KINDS[root.dataset.kind](this.answer, this.data);
    this.button.addEventListener("click", () => this.check());
    this.again.addEventListener("click", () => this.restart());
    this.answer.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input")) this.check();
    });
  }

  check() {
    if (this.button.hidden) return;
    const { right, said = "", key, missing } = this.judge();
    if (missing) {
      this.status.textContent = missing;
      delete this.root.dataset.answered;
      return;
    }
    const { predict } = this.data;
    const verdict = right ? "Right." : predict ? "It is otherwise." : "Not yet.";
    const reply = document.createElement("p");
    const strong = document.createElement("strong");
    strong.textContent = verdict;
    reply.append(strong, said ? ` ${said}` : "", ...this.prepared(key));
    if (right || predict) reply.append(...this.prepared("explanation"));
    this.status.replaceChildren(reply);
    this.typeset(reply);
    this.root.dataset.answered = right ? "right" : "wrong";
    if (predict) this.close();
  }

  // Where formulas are typeset as they come into view, those of waiting replies are not yet.
  typeset(reply) {
    const waiting = [...reply.querySelectorAll("[data-tex]")].filter((math) => math.querySelector("mjx-lazy"));
    for (const math of waiting) math.textContent = `\\(${math.dataset.tex}\\)`;
    if (waiting.length) window.MathJax?.typesetPromise?.([reply]);
  }

  // Prepared replies lie in the page already, so that their math is typeset like the rest.
  prepared(key) {
    const reply = this.root.querySelector(`[data-reply="${key}"]`);
    return reply ? [" ", ...[...reply.childNodes].map((node) => node.cloneNode(true))] : [];
  }

  close() {
    this.answer.disabled = true;
    this.answer.dispatchEvent(new Event("revealed"));
    this.button.hidden = true;
    this.again.hidden = false;
    this.again.focus();
  }

  restart() {
    this.answer.disabled = false;
    this.answer.dispatchEvent(new Event("restarted"));
    this.button.hidden = false;
    this.again.hidden = true;
    this.status.replaceChildren();
    delete this.root.dataset.answered;
    this.answer.querySelector("input, button, [tabindex]")?.focus();
  }
}

const KINDS = {
  choice: (answer, data) => {
    const right = answer.querySelector(`input[value="${data.right}"]`).closest("label");
    answer.addEventListener("revealed", () => right.classList.add("question-right"));
    answer.addEventListener("restarted", () => right.classList.remove("question-right"));
    return () => {
      const chosen = answer.querySelector("input:checked");
      if (!chosen) return { missing: "Choose an answer first." };
      const i = Number(chosen.value);
      return { right: i === data.right, key: `option-${i}` };
    };
  },

  value: (answer, data) => () => {
    const text = answer.querySelector("input").value;
    const [kind, size] = data.tolerance;
    const near = (given, wanted) => Math.abs(given - wanted) <= (kind === "relative" ? size * Math.abs(wanted) : size);
    let given;
    try {
      given = data.samples.map((pairs) => evaluate(text, Object.fromEntries(pairs)));
    } catch (error) {
      return { missing: error.message };
    }
    const first = given.findIndex((number, i) => !near(number, data.expected[i]));
    if (first < 0) return { right: true, key: "right" };
    const trap = data.traps.findIndex((values) => values.every((v, i) => near(given[i], v)));
    if (trap >= 0) return { right: false, key: `trap-${trap}` };
    const side = given[first] > data.expected[first] ? "large" : "small";
    const where = data.where[first];
    const said = where ? `At ${where} your formula is too ${side}.` : `Your value is too ${side}.`;
    return { right: false, said, key: "wrong" };
  },

  ordering: (answer) => {
    const list = answer.querySelector("ol");
    const label = () =>
      [...list.children].forEach((line, i) => {
        const [up, down] = line.querySelectorAll("button");
        up.disabled = i === 0;
        down.disabled = i === list.children.length - 1;
        up.setAttribute("aria-label", `Move line ${i + 1} up`);
        down.setAttribute("aria-label", `Move line ${i + 1} down`);
      });
    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-move]");
      if (!button) return;
      const line = button.closest("li");
      if (button.dataset.move === "1") line.nextElementSibling.after(line);
      else line.previousElementSibling.before(line);
      label();
      // At an end the button is disabled, and the focus goes to its twin.
      (button.disabled ? line.querySelector("button:not(:disabled)") : button).focus();
    });
    label();
    return () => {
      const lines = [...list.children].map((line) => Number(line.dataset.line));
      const first = lines.findIndex((line, i) => line !== i);
      if (first < 0) return { right: true, key: "right" };
      return { right: false, said: `Line ${first + 1} is the first that does not follow.`, key: "wrong" };
    };
  },

  sketch: (answer, data) => {
    const board = new SketchBoard(answer, data);
    return () => {
      if (!board.touched) return { missing: "Draw your curve first." };
      const gaps = board.heights.map((height, i) => height - data.truth[i]);
      const sizes = gaps.map(Math.abs);
      const worst = sizes.indexOf(Math.max(...sizes));
      const size = `${sizes[worst].toFixed(data.digits)}${data.log ? " decades" : ""}`;
      if (sizes[worst] <= data.tolerance) {
        return { right: true, said: `You are nowhere more than ${size} off.`, key: "right" };
      }
      const side = gaps[worst] > 0 ? "high" : "low";
      return { right: false, said: `You are furthest off at ${data.where[worst]}: ${size} too ${side}.`, key: "wrong" };
    };
  },
};
