"""Which symmetries block, by the start: judged, and held against training itself."""

import pytest
import torch

from trainability.symmetry import SYMMETRIES, Symmetry, kind_of, start_weights

EXCHANGES = [
    "two hidden units exchanged",
    "two filters exchanged",
    "two recurrent units exchanged",
    "two attention channels exchanged",
    "two experts exchanged",
]
ZERO_TOO = ["a tanh unit flipped", "a ReLU unit rescaled", "a linear code turned"]
BUILT_IN = [
    "the image shifted",
    "the nodes renumbered",
    "the tokens reordered",
    "a pooling window shuffled",
]


def of_kind(kind, start):
    return [name for name, one in SYMMETRIES.items() if kind_of(one, start) == kind]


@pytest.mark.claims("S0-1")
def test_from_equal_weights_the_exchanges_block_and_nothing_else():
    assert of_kind("blocks", None) == []
    assert of_kind("blocks", 0.5) == of_kind("blocks", -2.0) == EXCHANGES
    assert of_kind("blocks", 0.0) == EXCHANGES + ZERO_TOO


@pytest.mark.parametrize("start", [None, 0.0, 0.5])
def test_what_moves_no_weights_is_built_in_and_exchanged_layers_are_no_symmetry(start):
    assert of_kind("built in", start) == BUILT_IN
    assert of_kind("no symmetry", start) == ["two layers exchanged"]


def trained(symmetry, weights, steps=50):
    """Gradient descent on random examples, with a loss that knows nothing of the symmetry.

    What is read and wanted is random, so that no step is symmetric by chance.
    """
    generator = torch.Generator().manual_seed(3)
    weights = {name: w.clone().requires_grad_() for name, w in weights.items()}
    x = torch.randn(6, *symmetry.inputs, generator=generator, dtype=torch.float64)
    shape = symmetry.answer(weights, x[0]).shape
    wanted = torch.randn(6, *shape, generator=generator, dtype=torch.float64)
    for _ in range(steps):
        answers = torch.stack([symmetry.answer(weights, one) for one in x])
        (answers - wanted).square().mean().backward()
        with torch.no_grad():
            for w in weights.values():
                w -= 0.1 * w.grad
                w.grad = None
    return {name: w.detach() for name, w in weights.items()}


@pytest.mark.parametrize("start", [0.0, 0.5])
@pytest.mark.parametrize("name", [*EXCHANGES, *ZERO_TOO])
def test_training_stays_in_the_fixed_set_exactly_where_a_symmetry_blocks(name, start):
    symmetry = SYMMETRIES[name]
    after = trained(symmetry, start_weights(symmetry, start))
    moved = symmetry.on_weights(after)
    stays = all(torch.allclose(after[key], moved[key], atol=1e-9) for key in after)
    assert stays == (kind_of(symmetry, start) == "blocks")


def test_copied_layers_part_under_training():
    symmetry = SYMMETRIES["two layers exchanged"]
    drawn = start_weights(symmetry)["first"]
    after = trained(symmetry, {"first": drawn, "second": drawn})
    assert (after["first"] - after["second"]).abs().max() > 0.01


def test_a_change_that_keeps_only_some_functions_is_no_symmetry():
    rescaled = Symmetry(
        {"w": (3,), "v": ()},
        (3,),
        lambda p, x: p["v"] * torch.tanh(p["w"] @ x),
        lambda p: {"w": 2 * p["w"], "v": p["v"] / 2},
    )
    assert kind_of(rescaled, 0.5) == "no symmetry"


def test_random_weights_are_those_of_their_seed():
    symmetry = SYMMETRIES["two hidden units exchanged"]
    one, same, other = (start_weights(symmetry, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one["w"], same["w"]) and not torch.equal(one["w"], other["w"])
    assert (start_weights(symmetry, 0.5)["v"] == 0.5).all()
