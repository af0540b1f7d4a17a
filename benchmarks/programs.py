"""Programs in headless Chromium: what a page computes, beside the products that it cannot avoid."""

import gzip
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measures import Measure
from benchmarks.reading import browsing
from trainability.explore.assets import modules, script, style_sheet
from trainability.programs.tracing import trace
from trainability.signal import layer_by_layer

SIZES, NUMBERS = {"depth": (1, 100), "width": (8, 256)}, {"init_scale": (0.25, 4.0)}
FIXED: dict[str, Any] = {"bias_scale": 0.0, "nonlinearity": "tanh", "number_type": "float32"}
# The same products by themselves, on arrays that are there; each run changes the scale alone.
TIME = """async (plan) => {
  const { Program } = await import('./runtime.js');
  const { product } = await import('./products.js');
  const [depth, width, batch] = [50, 128, 16];
  const program = new Program(plan);
  const matrix = (data, rows, columns) => ({ data, offset: 0, strides: [columns, 1],
    shape: [rows, columns] });
  const weights = Array.from({ length: depth }, () =>
    matrix(Float32Array.from({ length: width * width }, () => Math.random() - 0.5), width, width));
  const signal = matrix(new Float32Array(batch * width).fill(0.1), batch, width);
  const out = new Float32Array(batch * width);
  const products = () => {
    for (const weight of weights) {
      product(out, 0, signal, { ...weight, strides: [1, width] }, batch, width, width);
      product(out, 0, signal, weight, batch, width, width);
    }
  };
  const clock = (run) => {
    const begin = performance.now();
    run();
    return performance.now() - begin;
  };
  const [whole, alone] = [[], []];
  for (let i = 0; i < 40; i++) {
    const settings = { depth, width, init_scale: 0.5 + 0.02 * i, seed: 0 };
    whole.push(clock(() => program.run(settings)));
    alone.push(clock(products));
  }
  return [whole.slice(10), alone.slice(10)];
}"""


def measure() -> Iterator[Measure]:
    """Yield the weight of script and plan, and a map's time as a ratio."""
    weight = len(gzip.compress((script('""') + style_sheet()).encode(), 9)) / 1000
    yield Measure("view and runtime, compressed", weight, 60, "KB")
    plan = trace(layer_by_layer, sizes=SIZES, numbers=NUMBERS, **FIXED)
    yield Measure("plan of a network's signal", len(plan.text()) / 1000, 20, "KB")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, source in modules('""').items():
            (folder / file).write_text(source, encoding="utf-8")
        (folder / "index.html").write_text("<!DOCTYPE html><title>page</title>")
        with browsing(folder) as (chromium, address):
            page = chromium.new_page()
            page.goto(f"{address}/index.html")
            whole, alone = page.evaluate(TIME, plan.document())
    ratio = statistics.median(whole) / statistics.median(alone)
    told = f"signal of 50 layers of 128, {statistics.median(whole):.0f} ms, beside its products"
    yield Measure(told, ratio, 2.0, "times")
