"""The one door: examine a model on a batch and say what is wrong with it."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

from trainability.arguments import checked_count
from trainability.diagnostics.case import Case, Loss, checked_case
from trainability.diagnostics.findings import SEVERITIES, Layer, named
from trainability.diagnostics.guessing import guessing_loss
from trainability.diagnostics.judging import Judge, suspicions
from trainability.diagnostics.measurement import Measurement, Signal
from trainability.diagnostics.randomness import random_states_kept
from trainability.diagnostics.rates import judge_rate
from trainability.diagnostics.recording import measure
from trainability.diagnostics.report import Report
from trainability.diagnostics.trial import Trials


def diagnose(
    model: nn.Module,
    inputs: Any,
    targets: Any = None,
    *,
    loss: Loss | None = None,
    optimizer: torch.optim.Optimizer | None = None,
    steps: int = 20,
    generator: torch.Generator | None = None,
) -> Report:
    """Examine a model on one batch, and say what keeps it from learning.

    One forward and one backward pass of a copy are measured. Each suspicion is then tried:
    copies train for some steps with the remedy and without, and what the remedy does not
    improve is no fault. Consequences of a fault are remarks that name it.

    Parameters
    ----------
    model : torch.nn.Module
        In any mode; it is examined as it trains. Neither it nor its gradients, buffers, modes
        or hooks are changed, also when it raises. What its hooks do beyond it is done: they run
        with the copies.
    inputs : Tensor, or tuple or mapping of them
        One batch, passed as ``model(inputs)``, ``model(*inputs)`` or ``model(**inputs)``.
    targets : Tensor, optional
        What the loss compares with. Without them, gradients and steps are not judged.
    loss : callable, optional
        ``loss(output, targets)`` returns a scalar. By default cross entropy for integer
        targets and the mean squared error for floating ones, of the output's ``logits`` or
        first floating tensor.
    optimizer : torch.optim.Optimizer, optional
        The reader's, over the model's parameters. Copies of it take steps; it takes none.
        Without it, trials take the better of Adam's rates 1e-2 and 1e-3, and of the rates 0.1
        and 0.01 of SGD with momentum: a fault that Adam forgives is a warning.
    steps : int
        Steps of each trial, at least 1. Models whose runs would take too long get fewer, or
        none, and ``cannot_say`` says so.
    generator : torch.Generator, optional
        Source of one number that seeds dropout and whatever the model draws; seed 0 without
        it. The global generators are left as they were.

    Returns
    -------
    Report
        With ``findings`` (most severe first), ``cannot_say`` and ``layers``.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, for what is no model, data that does not fit, layers without
        shapes, or a model that cannot be copied. What the model itself raises is passed on.

    Examples
    --------
    All weights of the hidden layer start equal:

    >>> from torch import nn
    >>> generator = torch.Generator().manual_seed(0)
    >>> with torch.device("meta"):
    ...     model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    >>> model = model.to_empty(device="cpu")  # draws from no global generator
    >>> for parameter in model.parameters():
    ...     _ = nn.init.constant_(parameter, 0.1)
    >>> x = torch.randn(64, 2, generator=generator)
    >>> report = diagnose(model, x, x[:, :1] * x[:, 1:], generator=generator)
    >>> report.findings[0].kind, report.findings[0].severity, report.findings[0].where
    ('duplicate_units', 'severe', ('0',))
    """
    steps = checked_count("steps", steps, least=1)
    case = checked_case(model, inputs, targets, loss, optimizer)
    if generator is not None and not isinstance(generator, torch.Generator):
        raise TypeError(f"generator must be a torch.Generator, not {type(generator).__name__}")
    with random_states_kept(generator), torch.inference_mode(False), _uncompiled():
        return _diagnosed(case, steps)


def _uncompiled() -> AbstractContextManager[object]:
    """Run compiled models as they are written, so that hooks see what they call."""
    if "torch._dynamo" not in sys.modules:
        return nullcontext()
    stance: AbstractContextManager[object] = torch.compiler.set_stance("force_eager")
    return stance


def _diagnosed(case: Case, steps: int) -> Report:
    judged = case.targets is not None
    trainable = {name for name, p in case.model.named_parameters() if p.requires_grad}
    copied = case.copied()
    measurement = measure(copied, judged=judged)
    trials = Trials(case, 0 if measurement.output is None else steps, measurement.operations)
    judge = Judge(trials, trainable, guessing_loss(measurement, case), judged)
    judge.judge(suspicions(measurement, copied, trainable))
    step: dict[str, float] = {}
    settled = any(finding.severity == "severe" for finding in judge.findings)
    if judge.can_try and case.optimizer is not None and measurement.loss_reaches and trainable:
        if not (settled and measurement.nonfinite):
            judge_rate(judge, measurement)
        moves = trials.run([], "own").moves
        step = {
            w.name: moves[w.name] / w.norm
            for w in measurement.weights
            if w.name in moves and w.norm
        }
    ranked = sorted(judge.findings, key=lambda finding: SEVERITIES.index(finding.severity))
    unsure = [*_cannot_say(case, measurement, trials, judged), *judge.unsure]
    return Report(tuple(ranked), tuple(unsure), tuple(_layers(measurement, step)))


def _cannot_say(case: Case, measurement: Measurement, trials: Trials, judged: bool) -> list[str]:
    sentences = []
    if not case.model.training:
        sentences.append(
            "How the model does in evaluation mode: it was examined as after model.train()."
        )
    if not judged:
        sentences.append("Without targets neither gradients nor steps were judged.")
    elif measurement.output is None:
        sentences.append("What lies behind the layer that stopped the forward pass.")
    elif trials.steps == 0:
        sentences.append("The model is too large for trials on a copy: no remedy was tried.")
    if all(signal.distinct_out is None for signal in measurement.modules):
        sentences.append("Whether inputs stay distinct: pass a batch of at least two examples.")
    if measurement.closed:
        sentences.append(
            f"What happens inside {named(measurement.closed)}: scripted, and so closed."
        )
    if not measurement.signals:
        sentences.append("How the signal travels: no layer of torch with weights was called.")
    return sentences


def _layers(measurement: Measurement, step: dict[str, float]) -> list[Layer]:
    """Return a row for each module that was called, in order; of several calls the first."""
    rows: dict[str, Layer] = {}
    for signal in measurement.modules:
        if signal.name not in rows:
            rows[signal.name] = _row(signal, measurement, step)
    return list(rows.values())


def _row(signal: Signal, measurement: Measurement, step: dict[str, float]) -> Layer:
    weights = [weight for weight in measurement.weights if weight.module == signal.name]
    acts = [seen for seen in measurement.activations if seen.name == signal.name]
    matrices = [weight for weight in weights if weight.is_matrix]
    return Layer(
        name=signal.name,
        module=signal.function,
        shape=signal.shape,
        forward=signal.rms_out,
        gradient=signal.gradient,
        saturated=max((s.saturated for s in acts if s.saturated is not None), default=None),
        dead=max((s.dead for s in acts if s.dead is not None), default=None),
        duplicates=max((weight.duplicates for weight in matrices), default=None),
        correlation_in=None if signal.distinct_in is None else 1 - signal.distinct_in,
        correlation_out=None if signal.distinct_out is None else 1 - signal.distinct_out,
        step=max((step[w.name] for w in weights if w.name in step), default=None),
    )
