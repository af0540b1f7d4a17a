"""Programs in headless Chromium: what a page computes, beside the products that it cannot avoid."""

import gzip
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from playwright.sync_api import Page
from torch import Tensor, nn

from benchmarks.measures import Measure
from benchmarks.reading import browsing
from trainability.book.pages import page_script, page_style
from trainability.explore.assets import modules
from trainability.programs import Run
from trainability.programs.tracing import trace
from trainability.signal import layer_by_layer
from trainability.training import fresh_memory, updated

SIZES, NUMBERS = {"depth": (1, 100), "width": (8, 256)}, {"init_scale": (0.25, 4.0)}
FIXED: dict[str, Any] = {"bias_scale": 0.0, "nonlinearity": "tanh", "number_type": "float32"}
# The same products by themselves, without vectors, on arrays that are there; each run changes the
# scale alone.
TIME = """async (plan) => {
  const { Program } = await import('./runtime.js');
  const { plainProduct: product } = await import('./products.js');
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


# Milliseconds a step, the median of ten rounds.
TRAIN = """async ([plan, rounds, plain]) => {
  if (plain) delete window.WebAssembly;
  const { Run } = await import('./run.js');
  const run = new Run(plan);
  run.begin({ seed: 0 });
  const times = [];
  for (let round = -3; round < 10; round++) {
    const begin = performance.now();
    for (let i = 0; i < rounds; i++) run.step();
    if (round >= 0) times.push((performance.now() - begin) / rounds);
  }
  return times.sort((a, b) => a - b)[5];
}"""
# Hidden layers, their width, examples, steps a round, and the least share of torch's speed. Small
# networks cost torch its calls, large ones the page its products, most where a policy or a browser
# allows it no vectors.
TRAININGS = ((1, 8, 40, 200, 10.0), (10, 64, 64, 10, 0.4))
PLAIN_TRAININGS = ((10, 64, 64, 10, 0.1),)


class _Network:
    """A tanh network of two inputs and one output, trained by Adam: in the page and by torch."""

    def __init__(self, layers: int, width: int, examples: int) -> None:
        generator = torch.Generator().manual_seed(0)
        self.inputs = torch.randn(examples, 2, generator=generator)
        self.targets = torch.randn(examples, 1, generator=generator)
        sizes = [2, *[width] * layers, 1]
        self.shapes = list(zip(sizes[1:], sizes[:-1], strict=True))

    def start(self, *, generator: torch.Generator) -> dict[str, Tensor]:
        weights = {}
        for i, (wide, narrow) in enumerate(self.shapes):
            weights[f"w{i}"] = torch.randn(wide, narrow, generator=generator) / narrow**0.5
            weights[f"b{i}"] = torch.zeros(wide)
        return weights | fresh_memory(weights)

    def step(self, state: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        names = [f"{letter}{i}" for i in range(len(self.shapes)) for letter in "wb"]
        leaves = {name: state[name].detach().requires_grad_() for name in names}
        with torch.enable_grad():
            signal = self.inputs
            for i in range(len(self.shapes)):
                signal = torch.tanh(signal) if i else signal
                signal = signal @ leaves[f"w{i}"].T + leaves[f"b{i}"]
            loss = (signal - self.targets).square().mean()
            gradients = torch.autograd.grad(loss, list(leaves.values()))
        given = {name: leaf.detach() for name, leaf in leaves.items()}
        after = updated("Adam", given, dict(zip(names, gradients, strict=True)), state, 1e-3)
        return after, {"loss": loss.detach()}

    def plan(self) -> dict[str, Any]:
        return Run(self.start, self.step, {}).plan({}, {}, {}).document()

    def torchs_milliseconds(self, rounds: int) -> float:
        """What is usual: modules, and torch's own optimizer."""
        modules: list[nn.Module] = []
        for i, (wide, narrow) in enumerate(self.shapes):
            modules += [nn.Tanh(), nn.Linear(narrow, wide)] if i else [nn.Linear(narrow, wide)]
        model = nn.Sequential(*modules)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        times = []
        for round_ in range(-3, 10):
            begin = time.perf_counter()
            for _ in range(rounds):
                optimizer.zero_grad()
                nn.functional.mse_loss(model(self.inputs), self.targets).backward()
                optimizer.step()
            if round_ >= 0:
                times.append(1000 * (time.perf_counter() - begin) / rounds)
        return statistics.median(times)


def _trainings(page: Page, *, plain: bool = False) -> Iterator[Measure]:
    for layers, width, examples, rounds, least in PLAIN_TRAININGS if plain else TRAININGS:
        network = _Network(layers, width, examples)
        mine = page.evaluate(TRAIN, [network.plan(), rounds, plain])
        theirs = network.torchs_milliseconds(rounds)
        told = (
            f"Adam, {layers} layers of {width}, {examples} examples: torch {theirs:.2g} ms a step"
        )
        how = "the page without WebAssembly" if plain else "the page"
        yield Measure(f"{told}, {how} {mine:.2g}", theirs / mine, least, "times", at_least=True)


def measure() -> Iterator[Measure]:
    """Yield the weight of script and plan, and the times of a map and of steps as ratios."""
    torch.set_num_threads(1)
    weight = len(gzip.compress((page_script('""') + page_style()).encode(), 9)) / 1000
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
            yield from _trainings(page)
            page.reload()
            yield from _trainings(page, plain=True)
    ratio = statistics.median(whole) / statistics.median(alone)
    told = (
        f"signal of 50 layers of 128, {statistics.median(whole):.0f} ms, beside its plain products"
    )
    yield Measure(told, ratio, 2.0, "times")
