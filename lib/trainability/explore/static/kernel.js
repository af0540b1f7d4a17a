// Figures that a running kernel computes. Requests do not queue: one is under way, and the last
// that was asked for meanwhile follows it.

import { revive } from "./codec.js";

const QUIET_MS = 200;
const LONGEST_WAIT_MS = 600;

// The first change is served at once and the last one always. A sweep without a pause is served
// after 0.6 s, 1.2 s, 2.4 s …, so that fifty changes cost a handful of calls.
export class Pace {
  last = -Infinity;
  wait = LONGEST_WAIT_MS;

  delay(now, waiting) {
    if (!waiting && now - this.last > LONGEST_WAIT_MS) {
      this.wait = LONGEST_WAIT_MS;
      return 0;
    }
    const [quiet, latest] = [now + QUIET_MS, Math.max(now, this.last + this.wait)];
    if (latest < quiet) this.wait *= 2;
    return Math.min(quiet, latest) - now;
  }
}

export class KernelSource {
  between = true;
  addressed = false;
  pace = new Pace();
  answers = new Map();
  asked = 0;

  constructor(model) {
    this.model = model;
    const { name, link, digits, axes, answer } = model.get("settings");
    Object.assign(this, { name, link, digits, axes: revive(axes), answer: revived(answer) });
    this.first = this.answer.figure;
    this.start = String(this.axes.map((axis) => axis.start));
    model.on("msg:custom", (message, buffers) => {
      this.answers.get(message.id)?.(message, buffers);
      this.answers.delete(message.id);
    });
  }

  async open() {}

  // plotly.js from the installed package: no network, and nothing of it is saved.
  async plotly() {
    const [, [source]] = await this.request({ kind: "plotly" });
    return source;
  }

  serve(place) {
    if (!this.moved && String(place) === this.start) return this.answer;
    this.moved = true;
    return new Promise((resolve) => {
      const waiting = Boolean(this.wanted);
      this.wanted?.resolve(null); // a later state takes its turn
      this.wanted = { place, resolve };
      if (this.busy) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.compute(), this.pace.delay(performance.now(), waiting));
    });
  }

  async compute() {
    const { place, resolve } = this.wanted;
    this.wanted = null;
    this.busy = true;
    const state = Object.fromEntries(this.axes.map((axis, i) => [axis.name, place[i]]));
    const [answer] = await this.request({ kind: "state", state });
    this.busy = false;
    this.pace.last = performance.now();
    resolve(revived(answer));
    if (this.wanted) {
      const delay = this.pace.delay(this.pace.last, true);
      this.timer = setTimeout(() => this.compute(), delay);
    }
  }

  request(message) {
    const id = ++this.asked;
    return new Promise((resolve) => {
      this.answers.set(id, (...answer) => resolve(answer));
      this.model.send({ ...message, id });
    });
  }
}

function revived(answer) {
  return answer.figure ? { ...answer, figure: revive(answer.figure) } : answer;
}
