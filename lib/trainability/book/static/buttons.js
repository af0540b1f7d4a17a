// The theme's buttons, without code in attributes: a strict content security policy forbids it.
"use strict";
document.addEventListener("click", (event) => {
  switch (event.target.closest("[data-click]")?.dataset.click) {
    case "toggleFullScreen()":
      return window.toggleFullScreen();
    case "window.print()":
      return window.print();
  }
});
