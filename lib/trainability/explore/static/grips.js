// What a hand can take hold of in a figure and move, with a mouse, a pen or a finger.

const NEAR_PX = { mouse: 12, pen: 16, touch: 24 };
const STILL_PX = 5; // a press that moves no farther is a click

// `listed()` gives the grips: {subplot, x, y, move(x, y), click()}. `empty(x, y)` is called for a click
// beside all of them, and `over(k)` as a mouse comes over one, or leaves it with -1.
export class Grips {
  constructor(graph, listed, { empty, over } = {}) {
    Object.assign(this, { graph, listed, empty, over });
    graph.addEventListener("pointerdown", (event) => this.press(event), true);
    // Plotly covers the page while a button is down, so that the graph does not hear of the end.
    const { signal } = (this.ended = new AbortController());
    const everywhere = { capture: true, signal };
    window.addEventListener("pointermove", (event) => this.drag(event), everywhere);
    window.addEventListener("pointerup", (event) => this.release(event), everywhere);
    window.addEventListener("pointercancel", () => (this.held = null), everywhere);
    // A finger on a grip moves it; anywhere else it scrolls the page.
    const hold = (event) => this.nearest(event.touches[0], NEAR_PX.touch) >= 0 && event.preventDefault();
    graph.addEventListener("touchstart", hold, { passive: false, capture: true });
  }

  close() {
    this.ended.abort();
  }

  // Where on the screen a part of the figure is, and its axes.
  plane(subplot = "xy") {
    const frame = this.graph.querySelector(`.nsewdrag[data-subplot="${subplot}"]`)?.getBoundingClientRect();
    const layout = this.graph._fullLayout; // oxlint-disable-line no-underscore-dangle -- plotly's name
    const [x, y] = subplot.match(/[xy]\d*/g).map((name) => layout?.[`${name[0]}axis${name.slice(1)}`]);
    return frame && x && y && { frame, x, y };
  }

  nearest({ clientX, clientY }, reach) {
    const gaps = this.listed().map((grip) => {
      const plane = this.plane(grip.subplot);
      if (!plane) return Infinity;
      const { frame, x, y } = plane;
      return Math.hypot(frame.left + x.c2p(grip.x) - clientX, frame.top + y.c2p(grip.y) - clientY);
    });
    const least = Math.min(...gaps);
    return least <= reach ? gaps.indexOf(least) : -1;
  }

  press(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    const k = this.nearest(event, NEAR_PX[event.pointerType] ?? NEAR_PX.mouse);
    const plane = this.plane();
    if (k < 0 && !(this.empty && plane && inside(plane.frame, event))) return;
    this.held = { k, x: event.clientX, y: event.clientY, moved: false, id: event.pointerId };
    if (k < 0) return;
    event.preventDefault();
    event.stopPropagation();
  }

  drag(event) {
    const { held } = this;
    if (held?.id !== event.pointerId) return this.hover(event);
    held.moved ||= Math.hypot(event.clientX - held.x, event.clientY - held.y) > STILL_PX;
    const grip = this.listed()[held.k];
    if (!grip || !held.moved) return;
    event.stopPropagation();
    grip.move(...this.coordinates(event, grip.subplot));
  }

  hover(event) {
    if (!this.over || event.pointerType !== "mouse" || event.buttons) return;
    const k = this.graph.contains(event.target) ? this.nearest(event, NEAR_PX.mouse) : -1;
    if (k !== this.under) this.over(k);
    this.under = k;
  }

  release(event) {
    const { held } = this;
    this.held = null;
    if (held?.id !== event.pointerId || held.moved) return;
    if (held.k < 0) return void this.empty(...this.coordinates(event));
    this.listed()[held.k]?.click?.();
  }

  // Inside of the plane, where the hand leaves it, too.
  coordinates({ clientX, clientY }, subplot) {
    const { frame, x, y } = this.plane(subplot);
    return [x.p2c(within(clientX - frame.left, frame.width)), y.p2c(within(clientY - frame.top, frame.height))];
  }
}

function within(at, length) {
  return Math.min(Math.max(at, 0), length);
}

function inside(frame, { clientX, clientY }) {
  return clientX >= frame.left && clientX <= frame.right && clientY >= frame.top && clientY <= frame.bottom;
}
