"""One forward and one backward pass of a copy, and what was measured on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from trainability.diagnostics.case import Case
from trainability.diagnostics.containers import main_tensor, tensors_in
from trainability.diagnostics.functions import (
    ACTIVATIONS,
    BOUNDED,
    LAYERS,
    LOSSES,
    PRODUCTS,
    RECTIFIERS,
    FunctionWatch,
    dead_share,
    distinctness,
    no_dropout,
    saturated_share,
)
from trainability.diagnostics.measurement import Activation, Measurement, Scales, Signal, rms
from trainability.diagnostics.normalization import normalizes_one
from trainability.diagnostics.weights import measured_weights


def measure(case: Case, *, judged: bool) -> Measurement:
    """Run a copy forward, and backward where it is ``judged`` by targets.

    Dropout is off, so that two passes are one; normalization is in the mode it was in. The
    copy's floating parameters all require gradients afterwards.
    """
    for parameter in case.model.parameters():
        if parameter.is_floating_point():
            parameter.requires_grad_(True)
    recorder = _Recorder(case.model)
    with torch.enable_grad(), recorder.recording():
        try:
            output = case.output()
        except ValueError:
            if recorder.measurement.normalizing_one:  # torch refuses to go on in such a layer
                return recorder.measurement
            raise
        measurement = recorder.measurement
        measurement.output = main_tensor(output)
        recorder.note_output(measurement.output)
        total = case.loss(output, case.targets) if judged else None
    gradients: dict[str, Tensor | None] = {}
    if total is not None:
        gradients = _gradients(case.model, total, measurement)
    measurement.weights = measured_weights(case.model, gradients if judged else None)
    measurement.nonfinite = _nonfinite(measurement)
    return measurement


def _gradients(
    model: nn.Module, total: Tensor, measurement: Measurement
) -> dict[str, Tensor | None]:
    if not isinstance(total, Tensor) or total.numel() != 1:
        raise ValueError("loss must return a scalar tensor")
    measurement.loss = total.item()
    named = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if not total.requires_grad or not named:
        measurement.loss_reaches = False
        return dict.fromkeys(named)
    made = torch.autograd.grad(total.sum(), list(named.values()), allow_unused=True)
    return dict(zip(named, made, strict=True))


def _nonfinite(measurement: Measurement) -> list[str]:
    """Return the modules with values that are not finite, where the loss or a gradient is not."""
    wrong = [weight.module for weight in measurement.weights if not weight.finite]
    loss_wrong = measurement.loss is not None and not abs(measurement.loss) < float("inf")
    output_wrong = measurement.loss is None and any(
        not torch.isfinite(tensor).all() for tensor in tensors_in(measurement.output)
    )
    if not (wrong or loss_wrong or output_wrong):
        return []
    first = [
        signal.name for signal in measurement.modules if not abs(signal.rms_out) < float("inf")
    ]
    return list(dict.fromkeys(first or wrong)) or [""]


class _Recorder:
    """Hooks and a watch that fill a measurement during one forward pass."""

    def __init__(self, model: nn.Module) -> None:
        self.measurement = Measurement()
        self.model = model
        self.names = {module: name for name, module in model.named_modules()}
        self.stack: list[str] = []
        self.owned = {p.untyped_storage().data_ptr() for p in model.parameters() if p.numel()}
        self.feeder, self.active = "", False
        self.layouts: dict[str, int] = {}

    @contextmanager
    def recording(self) -> Iterator[None]:
        handles = []
        for module in self.names:
            if isinstance(module, torch.jit.ScriptModule):  # which takes no hooks
                self.measurement.closed.append(self.names[module])
                continue
            enter, leave = self._enter, self._leave
            handles.append(module.register_forward_pre_hook(enter, with_kwargs=True))
            handles.append(module.register_forward_hook(leave, with_kwargs=True))
        self.active = True
        try:
            with FunctionWatch(self._saw, no_dropout()):
                yield
        finally:
            self.active = False
            for handle in handles:
                handle.remove()

    def note_output(self, output: Tensor | None) -> None:
        """Find the activation function that the output comes from, if any."""
        node = None if output is None else output.grad_fn
        nodes = {
            id(seen.node): seen for seen in self.measurement.activations if seen.node is not None
        }
        while node is not None:
            if id(node) in nodes:
                self.measurement.ended_by = nodes[id(node)]
                break
            node = _below(node)
        for seen in self.measurement.activations:
            seen.node = None

    def _enter(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        if not self.active:
            return
        name = self.names[module]
        self.stack.append(name)
        self.measurement.called.add(name)
        first = next(tensors_in([args, kwargs]), None)
        if first is not None and normalizes_one(module, first):
            self.measurement.normalizing_one.append(name)

    def _leave(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        if not self.active:
            return
        name = self.stack.pop()
        owns = any(True for _ in module.parameters(recurse=False))
        result = main_tensor(output)
        if result is None or (any(True for _ in module.children()) and not owns):
            return
        given = next((t for t in tensors_in([args, kwargs]) if t.is_floating_point()), None)
        signal = self._signal(name, type(module).__name__, given, result)
        self.measurement.modules.append(signal)
        _keep_gradient(signal, result)

    def _signal(self, name: str, function: str, given: Tensor | None, result: Tensor) -> Signal:
        return Signal(
            name,
            function,
            reads_data=given is not None and not given.requires_grad,
            shape=tuple(result.shape),
            rms_in=0.0 if given is None else rms(given),
            rms_out=rms(result),
            distinct_in=None if given is None else distinctness(given),
            distinct_out=distinctness(result),
        )

    def _saw(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        if not self.active:
            return
        if name in LOSSES or (name == "log_softmax" and not self.stack):
            self.measurement.losses.append(name)
        elif name in ACTIVATIONS and isinstance(result, Tensor):
            self._activated(name, args, result)
        elif name in LAYERS or (name in PRODUCTS and any(map(self._is_weight, tensors_in(args)))):
            self._multiplied(name, args, result)

    def _is_weight(self, tensor: Tensor) -> bool:
        return tensor.numel() > 0 and tensor.untyped_storage().data_ptr() in self.owned

    def _multiplied(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        product = main_tensor(result)
        operands = [t for t in tensors_in(args) if t.is_floating_point()]
        given = next((t for t in operands if not self._is_weight(t)), None)
        if product is None or given is None:
            return
        owner = self.stack[-1] if self.stack else ""
        signal = self._signal(owner, name, given, product)
        if signal.reads_data:
            signal.scales = _scales(given)
        self.measurement.signals.append(signal)
        _keep_gradient(signal, product)
        self.feeder = owner
        if name.startswith("rnn_tanh"):  # the hidden states of all steps are tanh of something
            self._activated("tanh", (), product.detach())
        self.layouts[owner] = 1 if name.startswith("conv") else -1
        weight = max((t.numel() for t in operands if t is not given), default=0)
        rows = given.numel() / max(1, given.shape[1 if name.startswith("conv") else -1])
        self.measurement.operations += 2.0 * rows * weight

    def _activated(self, name: str, args: tuple[Any, ...], result: Tensor) -> None:
        axis = self.layouts.get(self.feeder, -1) if result.ndim > 2 else -1
        units = result.shape[axis] if result.ndim else 1
        choices = units
        if name in ("softmax", "log_softmax"):
            dims = [part for part in args[1:] if isinstance(part, int)]
            choices = result.shape[dims[0]] if dims and result.ndim else units
        self.measurement.activations.append(
            Activation(
                name=self.stack[-1] if self.stack else "",
                feeder=self.feeder,
                function=name,
                rows=result.numel() // max(1, units),
                choices=choices,
                saturated=saturated_share(name, result.detach()) if name in BOUNDED else None,
                dead=dead_share(result.detach(), axis) if name in RECTIFIERS else None,
                call=sum(seen.function == name for seen in self.measurement.activations),
                node=result.grad_fn,
            )
        )


def _scales(given: Tensor) -> Scales:
    rows = given.detach().float()
    spread = rows.std().item() if rows.numel() > 1 else 0.0
    offset = abs(rows.mean().item()) / spread if spread > 0 else 0.0
    uneven = 1.0
    if rows.ndim == 2 and len(rows) > 1:
        stds = rows.std(dim=0)
        varied = stds[stds > 0]
        uneven = (varied.max() / varied.median()).item() if varied.numel() > 1 else 1.0
    return Scales(rows.abs().max().item(), offset, uneven)


def _keep_gradient(signal: Signal, result: Tensor) -> None:
    def keep(gradient: Tensor) -> None:
        signal.gradient = rms(gradient)

    if result.requires_grad:
        result.register_hook(keep)


_PASSING = (
    "View",
    "UnsafeView",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Permute",
    "TBackward",
    "Select",
    "Slice",
    "Alias",
    "Clone",
    "ToCopy",
)


def _below(node: Any) -> Any:
    """Return the one node that a view or a copy comes from, or None."""
    name: Callable[[], str] = node.name
    if name().startswith(_PASSING) and node.next_functions:
        return node.next_functions[0][0]
    return None
