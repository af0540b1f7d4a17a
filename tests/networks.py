"""A small network that trains in tests: its start, its step, a look at it, and a figure."""

import torch
from torch.nn.functional import softplus

from trainability.programs import Run
from trainability.training import fresh_memory, updated

POINTS = torch.tensor(
    [[1.0, 1.25, 1.0], [-1.0, 0.75, -1.0], [-0.5, -1.0, 1.0], [1.5, -0.75, -1.0], [0.25, 0.5, 1.0]],
    dtype=torch.float64,
)
WEIGHTS = ("w_in", "w_out", "bias")


def start(spread=0.5, width=8, *, generator):
    units = 0.5 + spread * torch.randn(width, 4, generator=generator).double()
    weights = {"w_in": units[:, :3], "w_out": units[:, 3:].T, "bias": torch.zeros(1).double()}
    return weights | fresh_memory(weights)


def step(state, lr=0.1, optimizer="SGD", dropout="none", points=POINTS, *, generator):
    weights = {name: state[name].detach().requires_grad_() for name in WEIGHTS}
    inputs = torch.cat([points[:, :2], torch.ones_like(points[:, :1])], 1)
    with torch.enable_grad():
        hidden = torch.tanh(inputs @ weights["w_in"].T)
        if dropout != "none":
            uniform = torch.rand(points.shape[0], hidden.shape[1], generator=generator)
            hidden = torch.where(uniform < 0.5, 2 * hidden, 0.0)
        answers = (hidden @ weights["w_out"].T + weights["bias"])[:, 0]
        loss = softplus(-points[:, 2] * answers).mean()
        gradients = torch.autograd.grad(loss, list(weights.values()))
    weights = {name: weight.detach() for name, weight in weights.items()}
    named = dict(zip(WEIGHTS, gradients, strict=True))
    return updated(optimizer, weights, named, state, lr), {"loss": loss.detach()}


def look(state, step, points=POINTS):
    corner = state["w_in"] @ state["w_in"].T
    seen = {"corner": corner, "squares": corner.square().sum() * step}
    return seen | {"xs": points[:, 0], "ys": points[:, 1]}


FIGURE = {
    "data": [
        {"type": "scatter", "mode": "markers", "name": "x", "x": {"$": "xs"}, "y": {"$": "ys"}},
        {"type": "scatter", "name": "loss", "x": {"$": "steps"}, "y": {"$": "loss"}}
        | {"xaxis": "x2", "yaxis": "y2"},
    ],
    "layout": {
        "title": {"text": "A network in training"},
        "meta": {
            "summary": {"$text": "{step} steps of {optimizer} at {lr:3}."},
            "step": {"$": "step"},
        },
        "dragmode": False,
        "xaxis": {"range": [-2, 2]},
        "yaxis": {"range": [-2, 2], "domain": [0.5, 1]},
        "xaxis2": {"anchor": "y2"},
        "yaxis2": {"anchor": "x2", "domain": [0, 0.35]},
    },
}
NETWORK = Run(start, step, FIGURE, look)
