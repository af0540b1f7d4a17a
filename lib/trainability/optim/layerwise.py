"""What layerwise optimizers share: checks, closures, batches of tensors, trust ratios."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer

from trainability.arguments import checked_nonnegative

_TYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


class Layerwise(Optimizer, ABC):
    """An optimizer that takes tensors of one device and dtype together.

    Subclasses name what is True or False in ``_switches``, return a group's other settings,
    checked, from ``_checked``, and change parameters in ``_update``, which returns what
    multiplied their rates.
    """

    _switches: tuple[str, ...] = ("adapt", "maximize")
    _ratios: list[tuple[list[Tensor], Tensor]]

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with settings of their own, as in every torch optimizer."""
        settings = self._checked({**self.defaults, **param_group})
        params = param_group["params"]
        if not isinstance(params, Tensor | set):  # a set has no order; torch refuses it
            params = list(params)
            for entry in params:
                self._refuse_kind(entry[1] if isinstance(entry, tuple) else entry)
        elif isinstance(params, Tensor):
            self._refuse_kind(params)
        super().add_param_group({**param_group, **settings, "params": params})

    def _refuse_kind(self, param: Tensor) -> None:
        if not isinstance(param, Tensor):
            return  # torch says it better
        if is_lazy(param):
            raise ValueError(
                "a parameter of a lazy layer has no shape yet; run one batch through the "
                "model before the optimizer is made"
            )
        if getattr(param, "_fsdp_flattened", False):
            raise ValueError(
                "FSDP1 hands over flat pieces of parameters, whose norms are not those of "
                "layers; shard the model by torch.distributed.fsdp.fully_shard"
            )
        if param.dtype not in _TYPES or param.layout is not torch.strided:
            kind = f"{param.dtype}, {param.layout}"
            raise ValueError(
                f"{type(self).__name__} updates dense parameters of 16, 32 or 64 floating "
                f"bits, not {kind}"
            )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` returned, of an optimizer of the same kind."""
        missing = {
            name for group in state_dict["param_groups"] for name in self.defaults.keys() - group
        }
        if missing:
            name = type(self).__name__
            raise ValueError(f"this is no state of {name}: it lacks {', '.join(sorted(missing))}")
        super().load_state_dict(state_dict)
        self._ratios = []

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step; return what ``closure`` returned, where one was given.

        Raises
        ------
        RuntimeError
            For a sparse gradient, or one of another type or sharding than its parameter,
            before any parameter has changed.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        batches = [(group, *batch) for group in self.param_groups for batch in _batches(group)]
        name = type(self).__name__
        for _, params, grads in batches:
            if any(grad.layout is not torch.strided for grad in grads):
                raise RuntimeError(f"{name} needs dense gradients; make embeddings sparse=False")
            if any(_kind(g) != _kind(p) for p, g in zip(params, grads, strict=True)):
                raise RuntimeError(
                    f"{name} needs gradients of the type and sharding of their parameters"
                )
        # Not in `state`, where load_state_dict would round them to the parameters' type.
        self._ratios = [
            (params, self._update(group, params, _downhill(group, grads)))
            for group, params, grads in batches
        ]
        return loss

    def trust_ratios(self) -> list[float]:
        """Return what multiplied each parameter's rate in the last step.

        Returns
        -------
        list of float
            One for each parameter, in the order of the groups: 1 where the group does not
            adapt or a norm was 0, nan where a norm was not finite or the parameter took no
            part in the last step. A copy or a loaded state has taken none yet.
        """
        by_parameter = {
            param: ratio
            for params, ratios in getattr(self, "_ratios", [])
            for param, ratio in zip(params, ratios.tolist(), strict=True)
        }
        return [
            by_parameter.get(param, torch.nan)
            for group in self.param_groups
            for param in group["params"]
        ]

    def _checked(self, group: dict[str, Any]) -> dict[str, Any]:
        for name in self._switches:
            if not isinstance(group[name], bool):
                raise TypeError(f"{name}={group[name]!r} must be True or False")
        lr = group["lr"]
        if isinstance(lr, Tensor) and lr.ndim:
            raise ValueError(f"lr has shape {tuple(lr.shape)}; a tensor must have shape ()")
        number = checked_nonnegative("lr", lr.item() if isinstance(lr, Tensor) else lr)
        decay = checked_nonnegative("weight_decay", group["weight_decay"])
        return {"lr": lr if isinstance(lr, Tensor) else number, "weight_decay": decay}

    @abstractmethod
    def _update(self, group: dict[str, Any], params: list[Tensor], grads: list[Tensor]) -> Tensor:
        """Change the parameters in place; return the ratios, shape (len(params),)."""

    def _buffers(self, params: list[Tensor], name: str) -> list[Tensor]:
        for param in params:
            if name not in self.state[param]:
                self.state[param][name] = torch.zeros_like(param)
        return [self.state[param][name] for param in params]


def _batches(group: dict[str, Any]) -> Iterator[tuple[list[Tensor], list[Tensor]]]:
    """Yield parameters and their gradients, those of one device and dtype together."""
    batches: dict[tuple[Any, ...], tuple[list[Tensor], list[Tensor]]] = {}
    for param in group["params"]:
        if param.grad is not None:
            params, grads = batches.setdefault(_kind(param), ([], []))
            params.append(param)
            grads.append(param.grad)
    yield from batches.values()


def _kind(tensor: Tensor) -> tuple[Any, ...]:
    """Device and dtype, and of a DTensor where its shards lie."""
    sharding = (getattr(tensor, name, None) for name in ("device_mesh", "placements"))
    return (tensor.device, tensor.dtype, *sharding)


def _downhill(group: dict[str, Any], grads: list[Tensor]) -> list[Tensor]:
    return list(torch._foreach_neg(grads)) if group["maximize"] else grads
