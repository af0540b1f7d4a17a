"""A network of any depth that a page trains: against torch's own modules and optimizers."""

import pytest
import torch
from torch import nn

from trainability.training import DeepRun

EXAMPLES, INPUTS, CLASSES = 20, 6, 4
GENERATOR = torch.Generator().manual_seed(0)
PIXELS = torch.randint(0, 17, (EXAMPLES, INPUTS), generator=GENERATOR).float()
LABELS = torch.arange(EXAMPLES) % CLASSES
RUN = DeepRun(PIXELS, torch.eye(CLASSES)[LABELS])


def begun(seed=0, **settings):
    return RUN.begin(generator=torch.Generator().manual_seed(seed), **settings)


class Network(nn.Module):
    """The same network, written with modules."""

    def __init__(self, state, nonlinearity, norm, skip):
        super().__init__()
        pairs = [(state["w_first"], state["b_first"])]
        pairs += [*zip(state["w"], state["b"], strict=True)]
        pairs += [(state["w_last"], state["b_last"])]
        self.layers = nn.ModuleList(nn.Linear(*w.T.shape) for w, _ in pairs)
        for layer, (w, b) in zip(self.layers, pairs, strict=True):
            layer.weight.data, layer.bias.data = w.clone(), b.clone()
        self.g = {"tanh": nn.Tanh(), "relu": nn.ReLU()}[nonlinearity]
        width = len(state["b_first"])
        plain = nn.LayerNorm(width, elementwise_affine=False)
        self.norm = plain if norm == "LayerNorm" else nn.Identity()
        self.skip = skip

    def forward(self, x):
        first, *inner, last = self.layers
        h = self.g(self.norm(first(x)))
        for layer in inner:
            h = self.g(self.norm(layer(h))) + self.skip * h
        return last(h)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize(("norm", "skip"), [("none", 0.0), ("none", 1.0), ("LayerNorm", 0.5)])
@pytest.mark.parametrize("init", ["normal", "uniform", "orthogonal"])
def test_twenty_steps_are_torchs(nonlinearity, norm, skip, init):
    state = begun(depth=5, width=9, init=init, init_scale=1.3, bias_scale=0.1)
    model = Network(state, nonlinearity, norm, skip)
    sgd = torch.optim.SGD(model.parameters(), lr=0.2)
    centered = PIXELS - PIXELS.mean(dim=0)
    x = centered / centered.square().mean().sqrt()
    for _ in range(20):
        loss = nn.functional.cross_entropy(model(x), LABELS)
        state, kept = RUN.step(state, 0.2, nonlinearity, norm, skip)
        torch.testing.assert_close(kept["loss"], loss.detach(), rtol=1e-4, atol=1e-5)
        sgd.zero_grad()
        loss.backward()
        sgd.step()


def test_uniform_weights_are_drawn_as_torch_draws_them_and_take_no_scales():
    state = begun(depth=40, width=50, init="uniform")
    same = begun(depth=40, width=50, init="uniform", init_scale=3.0, bias_scale=2.0)
    assert all(torch.equal(state[name], same[name]) for name in state)
    theirs = torch.cat([nn.Linear(50, 50).weight.detach() for _ in range(40)])
    bound = 50**-0.5
    for drawn in (state["w"], theirs, state["b"]):
        assert 0.98 * bound < drawn.abs().max() <= bound
        assert drawn.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)


@pytest.mark.parametrize("width", [2, 10, 64])
def test_orthogonal_layers_keep_every_length_and_are_uniformly_distributed(width):
    state = begun(depth=41, width=width, init="orthogonal", init_scale=1.5)
    products = state["w"] @ state["w"].mT / 1.5**2
    off = (products - torch.eye(width)).abs().amax(dim=(1, 2))
    assert off.median() < 1e-5 and (off < 1e-3).sum() >= 39
    # Entries of a uniformly distributed orthogonal matrix have variance 1 / width.
    assert state["w"].square().mean().item() * width == pytest.approx(1.5**2, rel=1e-2)
    assert abs(state["w"].mean().item()) < 5 * 1.5 / width / 40**0.5


@pytest.mark.parametrize("wrong", [{"init": "he"}, {"norm": "batch"}], ids=str)
def test_unknown_names_are_refused_with_those_there_are(wrong):
    with pytest.raises(ValueError, match="is unknown; use one of"):
        RUN.backpropagation(begun(depth=2, width=8), **wrong) if "norm" in wrong else begun(**wrong)
