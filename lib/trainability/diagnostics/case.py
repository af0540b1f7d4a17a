"""A model, its data, loss and optimizer: checked, copied and called."""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.parameter import is_lazy

from trainability.diagnostics.functions import FunctionWatch, Replacement

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


def default_loss(output: Any, targets: Tensor) -> Tensor:
    """Return cross entropy for integer targets, and the mean squared error for floating ones.

    Parameters
    ----------
    output : Tensor or container of one
        Logits (N, C), (N, C, d, …) or (N, …, C), or numbers of the shape of the targets;
        a last dimension of one may be missing in either.
    targets : Tensor
        Classes of shape (N, …), or numbers.

    Raises
    ------
    ValueError
        For shapes that do not fit, or classes that are not there.

    Examples
    --------
    >>> default_loss(torch.zeros(2, 3, 10), torch.zeros(2, 3, dtype=torch.long))
    tensor(2.3026)
    """
    logits = main_tensor(output)
    if logits is None:
        raise ValueError("the model returns no floating tensor; pass a loss(output, targets)")
    if targets.is_floating_point():
        return functional.mse_loss(_of_shape(logits, targets.shape), targets.to(logits.dtype))
    classes, axis = targets.long(), _class_axis(logits, targets)
    if bool((classes >= logits.shape[axis]).any()):
        raise ValueError(
            f"targets hold class {int(classes.max())}, but the output has {logits.shape[axis]}; "
            "pass more outputs, or a loss(output, targets) for one output"
        )
    return functional.cross_entropy(logits.movedim(axis, -1).flatten(0, -2), classes.flatten())


def _of_shape(output: Tensor, shape: torch.Size) -> Tensor:
    squeezed = output.shape[:-1] == shape and output.shape[-1] == 1
    widened = shape[:-1] == output.shape and shape[-1:] == (1,)
    if output.shape != shape and not squeezed and not widened:
        raise ValueError(
            f"targets have shape {tuple(shape)} and the output {tuple(output.shape)}; for the "
            "mean squared error they must agree, or pass a loss(output, targets)"
        )
    return output.reshape(shape)


def _class_axis(logits: Tensor, targets: Tensor) -> int:
    if logits.ndim == targets.ndim + 1:
        if (*logits.shape[:1], *logits.shape[2:]) == tuple(targets.shape):
            return 1
        if logits.shape[:-1] == targets.shape:
            return logits.ndim - 1
    raise ValueError(
        f"targets have shape {tuple(targets.shape)} and the output {tuple(logits.shape)}; for "
        "cross entropy the output needs one more dimension, the classes, or pass a loss"
    )


def main_tensor(output: Any) -> Tensor | None:
    """Return the tensor that predicts: the output, its ``logits``, or its first floating part.

    Examples
    --------
    >>> main_tensor({"hidden": torch.zeros(1), "logits": torch.ones(2)})
    tensor([1., 1.])
    """
    if isinstance(output, Mapping) and isinstance(output.get("logits"), Tensor):
        found: Tensor = output["logits"]
        return found
    logits = None if isinstance(output, Tensor) else getattr(output, "logits", None)
    if isinstance(logits, Tensor):
        return logits
    return next((tensor for tensor in tensors_in(output) if tensor.is_floating_point()), None)


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors of nested tuples, lists, mappings and dataclasses, first to last."""
    if isinstance(value, Tensor):
        yield value
        return
    if isinstance(value, Mapping):
        parts = list(value.values())
    elif isinstance(value, tuple | list):
        parts = list(value)
    elif is_dataclass(value) and not isinstance(value, type):
        parts = [getattr(value, each.name) for each in fields(value)]
    else:
        parts = []
    for part in parts:
        yield from tensors_in(part)


def mapped(function: Callable[[Tensor], Tensor], value: Any) -> Any:
    """Return nested tuples, lists and mappings with each tensor replaced."""
    if isinstance(value, Tensor):
        return function(value)
    if isinstance(value, Mapping):
        made = {name: mapped(function, part) for name, part in value.items()}
        return made if type(value) is dict else _like(value, made)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(mapped(function, part) for part in value))
    if isinstance(value, tuple | list):
        return type(value)(mapped(function, part) for part in value)
    return value


def _like(value: Mapping[Any, Any], made: dict[Any, Any]) -> Any:
    same = copy.copy(value)
    try:
        same.update(made)  # type: ignore[attr-defined]
    except AttributeError:
        return made
    return same


def cloned(value: Any) -> Any:
    """Return nested tensors that share nothing with the given ones, not even a graph."""
    return mapped(lambda tensor: tensor.detach().clone(), value)


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


@contextmanager
def random_states_kept(generator: torch.Generator | None) -> Iterator[None]:
    """Let models draw from global generators, which are as before in the end.

    What is drawn inside depends on ``generator`` alone, which gives one number; on seed 0
    where there is none.
    """
    seed = 0
    if generator is not None:
        draw = torch.randint(2**31, (), generator=generator, device=generator.device)
        seed = int(draw)
    numpy = sys.modules.get("numpy")
    kept = numpy.random.get_state() if numpy else None
    state = random.getstate()
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices):
        try:
            torch.default_generator.manual_seed(seed)  # manual_seed would reach other devices
            if devices:
                torch.cuda.manual_seed_all(seed)
            random.seed(seed)
            if numpy:
                numpy.random.seed(seed)
            yield
        finally:
            random.setstate(state)
            if numpy:
                numpy.random.set_state(kept)
