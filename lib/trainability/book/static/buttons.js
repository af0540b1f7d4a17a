// What every browser of the last ten years must understand, so nothing newer stands here.
"use strict";

// The theme's buttons, without code in attributes: a strict content security policy forbids it.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-click]");
  const code = button && button.dataset.click;
  if (code === "toggleFullScreen()") window.toggleFullScreen();
  if (code === "window.print()") window.print();
});

// Deferred scripts have run by then, where the browser could read them.
document.addEventListener("DOMContentLoaded", () => {
  if (window.trainabilityExplorers) return;
  for (const status of document.querySelectorAll(".explorer-status")) {
    status.textContent += " (The figure and its controls need a newer browser; this is what it shows at first.)";
  }
});

// Large scripts draw formulas and icons. The first paint, and the first figure, need not wait for them.
const SIGNS = ["scroll", "pointermove", "pointerdown", "keydown", "beforeprint"];
const IDLE_MS = 10000; // then formulas are drawn wherever they are
const { formulas, icons } = document.currentScript.dataset;

function later(source, data = {}) {
  const script = document.createElement("script");
  script.src = source;
  Object.assign(script.dataset, data);
  document.head.append(script);
}

// As one comes near, or as a reader is at work.
function drawFormulas() {
  if (drawFormulas.begun) return;
  drawFormulas.begun = true;
  later(formulas);
}

window.addEventListener("load", () => {
  // All icons are there by now; to look for more would cost each figure that moves two milliseconds.
  if (icons) later(icons, { observeMutations: "false" });
  if (!formulas) return;
  const near = new IntersectionObserver(
    (changes) => changes.some((change) => change.isIntersecting) && drawFormulas(),
    { rootMargin: "100% 0px" },
  );
  for (const formula of document.querySelectorAll(".math")) near.observe(formula);
  for (const sign of SIGNS) window.addEventListener(sign, drawFormulas, { once: true, passive: true });
  setTimeout(drawFormulas, IDLE_MS);
});
