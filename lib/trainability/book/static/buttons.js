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
