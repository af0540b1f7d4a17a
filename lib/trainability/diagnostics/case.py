"""A model, its data, loss and optimizer: checked, copied and called."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from trainability.diagnostics.containers import cloned, tensors_in
from trainability.diagnostics.functions import FunctionWatch, Replacement
from trainability.diagnostics.losses import default_loss

Loss = Callable[[Any, Any], Tensor]


@dataclass
class Case:
    """What is diagnosed, or a copy of it on which a remedy is tried.

    Attributes
    ----------
    model, inputs, targets, optimizer
        As :func:`diagnose` takes them.
    loss : callable
        What training descends, of output and targets.
    score : callable
        The loss in which cases with and without a remedy are compared.
    replaced : mapping
        Functions of torch that a remedy calls others in place of, by name.
    """

    model: nn.Module
    inputs: Any
    targets: Any
    loss: Loss
    optimizer: torch.optim.Optimizer | None
    score: Loss
    replaced: dict[str, Replacement] = field(default_factory=dict)

    def copied(self) -> Case:
        """Return a case that shares no tensor with this one, its model in training mode.

        Modules that are in evaluation mode inside a model that is not stay so: that is how
        normalization is frozen.
        """
        memo = _undeepcopyable(self.model)
        try:
            model = copy.deepcopy(self.model, memo)
            loss = copy.deepcopy(self.loss, memo) if isinstance(self.loss, nn.Module) else self.loss
            optimizer = _copied_optimizer(self.optimizer, memo)
        except Exception as error:
            raise ValueError(
                f"model or optimizer cannot be copied, and only a copy is examined: {error}"
            ) from error
        if not model.training:
            model.train()
        score = loss if self.score is self.loss else self.score
        inputs, targets = cloned(self.inputs), cloned(self.targets)
        return Case(model, inputs, targets, loss, optimizer, score, dict(self.replaced))

    def output(self) -> Any:
        """Return what the model makes of the inputs, which it may not change."""
        inputs = cloned(self.inputs)
        with FunctionWatch(replaced=self.replaced) if self.replaced else nullcontext():
            if isinstance(inputs, Mapping):
                return self.model(**inputs)
            if isinstance(inputs, tuple | list):
                return self.model(*inputs)
            return self.model(inputs)


def checked_case(
    model: nn.Module,
    inputs: Any,
    targets: Any,
    loss: Loss | None,
    optimizer: torch.optim.Optimizer | None,
) -> Case:
    """Return a case, or raise an error that names the argument and what is allowed."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, not {type(model).__name__}")
    if any(is_lazy(tensor) for tensor in [*model.parameters(), *model.buffers()]):
        raise ValueError("model has lazy layers without shapes; call model(inputs) once before")
    if not any(True for _ in tensors_in(inputs)):
        raise TypeError("inputs must be a tensor, or a tuple or mapping with at least one")
    if any(tensor.numel() == 0 for tensor in tensors_in(inputs)):
        raise ValueError("inputs holds an empty tensor; pass at least one example")
    if loss is not None and not callable(loss):
        raise TypeError(f"loss must be callable as loss(output, targets), not {loss!r}")
    if optimizer is not None and not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(
            f"optimizer must be a torch.optim.Optimizer, not {type(optimizer).__name__}"
        )
    if loss is None and targets is not None and not isinstance(targets, Tensor):
        raise TypeError("targets must be a tensor unless a loss(output, targets) is given")
    chosen = default_loss if loss is None else loss
    return Case(model, inputs, targets, chosen, optimizer, chosen)


def _copied_optimizer(
    optimizer: torch.optim.Optimizer | None, memo: dict[int, Any]
) -> torch.optim.Optimizer | None:
    """Return a copy over the copied parameters, without the wrappers that schedules put around."""
    made = copy.deepcopy(optimizer, memo)
    for name, value in vars(optimizer).items() if optimizer else ():
        # torch copies groups and state alone; some rules, such as LBFGS, keep more.
        if not hasattr(made, name) and not callable(value):
            setattr(made, name, copy.deepcopy(value, memo))
    return made


def _undeepcopyable(model: nn.Module) -> dict[int, Any]:
    """Return copies of what ``copy.deepcopy`` refuses: tensors that belong to a graph."""
    memo: dict[int, Any] = {}
    for module in model.modules():
        for kept in vars(module).values():
            for tensor in tensors_in(kept):
                if not tensor.is_leaf:
                    memo[id(tensor)] = tensor.detach().clone()
    return memo
