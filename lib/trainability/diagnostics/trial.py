"""Train copies for a few steps, with remedies and without."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from trainability.diagnostics.candidates import Remedy
from trainability.diagnostics.case import Case
from trainability.diagnostics.functions import FunctionWatch, no_dropout
from trainability.norms import euclidean_norms, is_short

# Without an optimizer of the reader's each copy takes the better of two rates of Adam, and of two
# of SGD with momentum: Adam forgives scales that SGD does not.
ADAM_RATES, SGD_RATES = (1e-2, 1e-3), (1e-1, 1e-2)
# A run of more operations than this takes longer than a reader waits: fewer steps at one rate,
# then none. Copies of more parameters, with an optimizer's buffers, take too much memory.
MOST_OPERATIONS, FEWEST_STEPS = 1e11, 5
MOST_PARAMETERS = 5e7

Maker = Callable[[Case], torch.optim.Optimizer]


@dataclass
class Run:
    """What one training run of a copy left.

    Attributes
    ----------
    start, final : float
        Score before the first step and after the last, dropout off; inf after overflow.
    moves : dict of str to float
        ‖ΔW‖ of the first step, by name of the parameter.
    unmoved : dict of str to float
        For parameters of 16 bits, the share of the entries with a gradient that the first step
        left as they were.
    case : Case or None
        The trained copy, kept of the run without remedies alone.
    """

    start: float
    final: float
    case: Case | None = field(repr=False)
    moves: dict[str, float] = field(default_factory=dict)
    unmoved: dict[str, float] = field(default_factory=dict)


class Trials:
    """Runs of copies of one case, kept by what was changed.

    Parameters
    ----------
    case : Case
        Is not changed.
    steps : int
        As the reader asks.
    operations : float
        Multiplications and additions of one forward pass.
    """

    def __init__(self, case: Case, steps: int, operations: float) -> None:
        self.case = case
        affordable = int(MOST_OPERATIONS / max(1.0, 3 * operations))
        fits = sum(p.numel() for p in case.model.parameters()) <= MOST_PARAMETERS
        self.steps = min(steps, affordable) if affordable >= FEWEST_STEPS and fits else 0
        self.short = self.steps < steps
        self._kept: dict[tuple[tuple[int, ...], str], Run] = {}
        self._remedies: list[Remedy] = []  # so that no id is given twice

    def changed(self, remedies: Sequence[Remedy]) -> Case:
        """Return a copy with the remedies applied, in order."""
        case = self.case.copied()
        for remedy in remedies:
            remedy(case)
        return case

    @property
    def usual(self) -> str:
        """The rule of runs that compare nothing: the reader's optimizer, or else Adam."""
        return "own" if self.case.optimizer else "adam"

    def run(self, remedies: Sequence[Remedy], rule: str) -> Run:
        """Train a copy by the rule "own", the reader's, or the better rate of "adam" or "sgd"."""
        key = (tuple(map(id, remedies)), rule)
        if key not in self._kept:
            self._remedies.extend(remedies)
            makers = _MAKERS[rule][-1:] if self.short else _MAKERS[rule]
            runs = [train(self.changed(remedies), maker, self.steps) for maker in makers]
            self._kept[key] = min(runs, key=lambda run: run.final)
            if remedies or rule != self.usual:
                self._kept[key].case = None
        return self._kept[key]


def _own(case: Case) -> torch.optim.Optimizer:
    assert case.optimizer is not None
    for group in case.optimizer.param_groups:
        # A schedule that warms up begins at nothing; its full rate is what is judged.
        group["lr"] = _full_rate(group["lr"], group.get("initial_lr"))
    return case.optimizer


def _full_rate(rate: float | Tensor, initial: float | Tensor | None) -> float | Tensor:
    return rate if initial is None or float(initial) <= float(rate) else initial


def _adam(rate: float) -> Maker:
    def maker(case: Case) -> torch.optim.Optimizer:
        wanted = [p for p in case.model.parameters() if p.requires_grad]
        half = any(p.dtype == torch.float16 for p in wanted)
        return torch.optim.Adam(wanted, lr=rate, eps=1e-4 if half else 1e-8)

    return maker


def _sgd(rate: float) -> Maker:
    def maker(case: Case) -> torch.optim.Optimizer:
        wanted = [p for p in case.model.parameters() if p.requires_grad]
        return torch.optim.SGD(wanted, lr=rate, momentum=0.9)

    return maker


_MAKERS: dict[str, list[Maker]] = {
    "own": [_own],
    "adam": [_adam(rate) for rate in ADAM_RATES],
    "sgd": [_sgd(rate) for rate in SGD_RATES],
}


def train(case: Case, maker: Maker, steps: int) -> Run:
    """Take some steps, each on the whole batch, and score the case before and after."""
    with torch.enable_grad():
        start = _score(case)
        run = Run(start, start, case)
        if not any(p.requires_grad for p in case.model.parameters()):
            return run
        optimizer = maker(case)
        for count in range(steps):
            before = _snapshot(case) if count == 0 else {}
            optimizer.step(lambda: _descend(case).item())
            if before:
                _compare(run, case, before)
            if not _is_finite(case):
                run.final = math.inf
                return run
        run.final = _score(case)
    return run


def _descend(case: Case) -> Tensor:
    """Put the gradient of the loss where the optimizer looks for it, and return the loss."""
    wanted = [p for p in case.model.parameters() if p.requires_grad]
    loss = case.loss(case.output(), case.targets)
    gradients = (
        torch.autograd.grad(loss.sum(), wanted, allow_unused=True)
        if loss.requires_grad
        else [None] * len(wanted)
    )
    for parameter, gradient in zip(wanted, gradients, strict=True):
        parameter.grad = gradient
    return loss.detach()


def _score(case: Case) -> float:
    with torch.no_grad(), FunctionWatch(replaced=no_dropout()):
        score = case.score(case.output(), case.targets).item()
    return score if math.isfinite(score) else math.inf


def _snapshot(case: Case) -> dict[str, Tensor]:
    return {name: p.detach().clone() for name, p in case.model.named_parameters()}


def _compare(run: Run, case: Case, before: dict[str, Tensor]) -> None:
    for name, parameter in case.model.named_parameters():
        old = before[name]
        if not parameter.is_floating_point() or parameter.numel() == 0:
            continue
        run.moves[name] = euclidean_norms([parameter.detach() - old])[0].item()
        if (
            is_short(parameter.dtype)
            and parameter.grad is not None
            and bool((parameter.grad != 0).any())
        ):
            moved = (parameter.detach() != old)[parameter.grad != 0]
            run.unmoved[name] = 1 - moved.float().mean().item()


def _is_finite(case: Case) -> bool:
    return all(
        bool(torch.isfinite(p.detach().sum())) for p in case.model.parameters() if p.requires_grad
    )
