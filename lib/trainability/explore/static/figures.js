// The script of outputs in which nothing is but figures without controls.

import { startStills } from "./still.js";

window.trainabilityFigures = { start: startStills };
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startStills);
else startStills();
