// Figures that a running kernel computes. Requests do not queue: one is under way, and the last
// that was asked for meanwhile follows it.

import { revive } from "./codec.js";

const QUIET_MS = 200;
const LONGEST_WAIT_MS = 600;
const GONE = { error: true, caption: "The kernel has gone; run the cell again." };

// The first change is served at once and the last one always. A sweep without a pause is served
// after 0.6 s, 1.2 s, 2.4 s …, so that fifty changes cost a handful of calls.
export class Pace {
  last = -Infinity;
  wait = LONGEST_WAIT_MS;

  delay(now, waiting) {
    if (!waiting && now - this.last > LONGEST_WAIT_MS) {
      this.wait = LONGEST_WAIT_MS / 2; // doubled when it is served
      return 0;
    }
    return Math.min(now + QUIET_MS, Math.max(now, this.last + this.wait)) - now;
  }

  served(now) {
    if (now - this.last >= this.wait) this.wait *= 2;
    this.last = now;
  }
}

// What a view asks of its kernel, and what comes back.
export class Channel {
  answers = new Map();
  asked = 0;

  constructor(model) {
    this.model = model;
    // Another view of the model counts its own requests.
    this.mark = crypto.getRandomValues(new Uint32Array(2)).join("-");
    model.on("msg:custom", (message, buffers) => {
      this.answers.get(message.id)?.(message, buffers);
      this.answers.delete(message.id);
    });
    this.hearing = hears(model, model.get("settings").id).catch(() => {}); // another host hears by itself
  }

  close() {
    for (const answer of this.answers.values()) answer(GONE, []);
    this.answers.clear();
  }

  async request(message) {
    await this.hearing;
    const id = `${this.mark}-${++this.asked}`;
    return new Promise((resolve) => {
      this.answers.set(id, (...answer) => resolve(answer));
      try {
        this.model.send({ ...message, id });
      } catch {
        this.answers.delete(id);
        resolve([GONE, []]);
      }
    });
  }

  // plotly.js from the installed package: no network, and nothing of it is saved.
  async plotly() {
    const [, [source]] = await this.request({ kind: "plotly" });
    if (!source) throw new Error(GONE.caption);
    return source;
  }
}

export class KernelSource {
  between = true;
  addressed = false;
  pace = new Pace();

  constructor(model) {
    this.channel = new Channel(model);
    const { name, link, digits, axes, answer } = model.get("settings");
    Object.assign(this, { name, link, digits, axes: revive(axes), answer: revived(answer) });
    this.first = this.answer.figure;
    this.start = String(this.axes.map((axis) => axis.start));
    for (const event of ["comm_live_update", "destroy"]) model.on(event, () => this.close());
  }

  async open() {}

  close() {
    clearTimeout(this.timer);
    this.channel.close();
    this.wanted?.resolve(GONE);
    this.wanted = null;
  }

  plotly() {
    return this.channel.plotly();
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
    this.pace.served(performance.now());
    const state = Object.fromEntries(this.axes.map((axis, i) => [axis.name, place[i]]));
    const [answer] = await this.channel.request({ kind: "state", state });
    this.busy = false;
    resolve(revived(answer));
    if (!this.wanted) return;
    this.timer = setTimeout(() => this.compute(), this.pace.delay(performance.now(), true));
  }
}

// Where a busy page takes over two seconds to load a widget, anywidget passes none of the kernel's
// messages on to it, ever. Such a model takes them from its channel itself.
async function hears(model, id) {
  const whole = await model.widget_manager.get_model(id);
  try {
    // oxlint-disable-next-line no-underscore-dangle -- the name is the manager's
    await whole._handle_comm_msg({ content: { data: { method: "probe" } } });
  } catch {
    whole.comm.on_msg(({ content: { data }, buffers }) => {
      if (data.method === "custom") whole.trigger("msg:custom", data.content, buffers ?? []);
    });
  }
}

function revived(answer) {
  return answer.figure ? { ...answer, figure: revive(answer.figure) } : answer;
}
