"""Claims of lesson 2 about convolution, recurrence, codes, graphs, attention and pooling."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

from trainability.symmetry import distinct_units
from trainability.training import train_two_layer


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


def trained_filters(start, steps: int = 100) -> tuple[float, torch.Tensor]:
    """How far the filters of a small convolutional network moved, and the filters as rows."""
    images = normal(30, 1, 8, 8)
    labels = (images[:, 0, 3, 3] > images[:, 0, 4, 4]).long()
    filters = nn.Conv2d(1, 4, 3)
    others = nn.Tanh(), nn.AvgPool2d(6), nn.Flatten(), nn.Linear(4, 2)
    network = nn.Sequential(filters, *others).double()
    for parameter in network.parameters():
        start(parameter)
    before = filters.weight.detach().clone()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()
    after = filters.weight.detach()
    return (after - before).abs().max().item(), after.flatten(1)


@pytest.mark.claims("S0-1.1a", "S0-1.1b")
def test_equal_filters_stay_equal_and_random_ones_differ():
    moved, filters = trained_filters(lambda p: nn.init.constant_(p, 0.1))
    assert moved > 0.1 and distinct_units(filters, atol=1e-7) == 1
    generator = seeded(1)
    moved, filters = trained_filters(lambda p: nn.init.normal_(p, std=0.3, generator=generator))
    assert moved > 0.1 and distinct_units(filters, atol=1e-3) == 4


@pytest.mark.claims("S0-1.1a")
def test_a_convolution_shares_its_weights_over_positions_and_so_shifts_with_its_input():
    layer = nn.Conv2d(1, 4, 3, padding=1, padding_mode="circular").double()
    assert layer.weight.numel() == 4 * 9  # whatever the size of the image
    x = normal(2, 1, 8, 8)
    torch.testing.assert_close(layer(x.roll(3, dims=2)), layer(x).roll(3, dims=2))
    dense = nn.Linear(8, 8).double()
    assert not torch.allclose(dense(x.roll(3, dims=3)), dense(x).roll(3, dims=3), atol=0.1)


def recurrent_spread(
    w_hh: torch.Tensor, w_xh: torch.Tensor, steps: int = 60
) -> tuple[float, list[float]]:
    """How far a unit is from the mean of the six in the end, and the losses on the way."""
    series = normal(4, 40, 2, seed=3)
    target = (series[0] * series[-1]).sum(dim=1)
    weights = [w_hh, w_xh, torch.full((6,), 0.1)]
    weights = [w.double().clone().requires_grad_() for w in weights]
    optimizer, losses = torch.optim.SGD(weights, lr=0.05), []
    for _ in range(steps):
        h = torch.zeros(40, 6).double()
        for x in series:
            h = torch.tanh(h @ weights[0].T + x @ weights[1].T)
        optimizer.zero_grad()
        loss = (h @ weights[2] - target).square().mean()
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    return (h - h.mean(dim=1, keepdim=True)).abs().max().item(), losses


@pytest.mark.claims("S0-1.2a", "S0-1.2b")
def test_the_identity_ties_recurrent_units_and_a_random_orthogonal_matrix_does_not():
    same = torch.full((6, 2), 0.1)
    for tying in (torch.eye(6), torch.full((6, 6), 0.1), torch.eye(6).roll(1, dims=0)):
        assert recurrent_spread(tying, same)[0] < 1e-9  # the last is orthogonal, not random
    random, others = [], []
    for seed in range(30):
        orthogonal = nn.init.orthogonal_(torch.empty(6, 6), generator=seeded(seed))
        random.append(recurrent_spread(orthogonal, same)[0])
        # The same weights at all times are no tie: units that read other inputs differ.
        spread, losses = recurrent_spread(torch.eye(6), 0.1 * normal(6, 2, seed=seed))
        others.append(spread)
        assert losses[-1] < losses[0]
    assert min(random) > 0.7 and max(random) < 1.4
    assert min(others) > 0.55 and max(others) < 1.4


@pytest.mark.claims("S0-1.2b")
def test_renaming_recurrent_units_keeps_the_function_and_the_identity_is_its_own_name():
    p = torch.eye(6).double()[torch.randperm(6, generator=seeded())]
    torch.testing.assert_close(p @ torch.eye(6).double() @ p.T, torch.eye(6).double())
    w_hh, w_xh, x = normal(6, 6), normal(6, 2, seed=1), normal(5, 2, seed=2)

    def run(w_hh, w_xh):
        h = torch.zeros(6).double()
        for row in x:
            h = torch.tanh(w_hh @ h + w_xh @ row)
        return h

    torch.testing.assert_close(run(p @ w_hh @ p.T, p @ w_xh), p @ run(w_hh, w_xh))


@pytest.mark.claims("S0-1.3b")
def test_over_symmetric_inputs_odd_units_without_biases_are_the_better_conditioned_ones():
    z = normal(5000, 30) @ normal(30, 30, seed=1) / 30**0.5

    def ratio(g):
        eigenvalues = torch.linalg.eigvalsh(g(z).T @ g(z) / len(z))
        return (eigenvalues[-1] / eigenvalues.mean()).item()

    odd = [ratio(g) for g in (torch.sin, torch.tanh)]
    other = [ratio(g) for g in (torch.relu, torch.sigmoid)]
    assert 2 * max(odd) < min(other)


@pytest.mark.claims("S0-1.3b")
def test_the_spread_of_eigenvalues_depends_on_the_number_of_inputs_for_odd_units_only():
    def ratio(g, inputs, seed):
        z = torch.randn(2000, inputs, generator=seeded(seed), dtype=torch.float64)
        z = z @ torch.randn(inputs, 50, generator=seeded(seed + 99), dtype=torch.float64)
        features = g(z / inputs**0.5)
        values = torch.linalg.eigvalsh(features.T @ features / 2000)
        return (values[-1] / values.mean()).item()

    for inputs, low, high in ((50, 3.0, 4.2), (10, 6.5, 11)):
        ratios = [ratio(torch.tanh, inputs, seed) for seed in range(30)]
        assert low < min(ratios) and max(ratios) < high
        assert 16 < min(ratio(torch.relu, inputs, seed) for seed in range(5)) < 20
        assert 42 < min(ratio(torch.sigmoid, inputs, seed) for seed in range(5)) < 45


def kinds_after(nonlinearity, hidden: float, random_output: bool) -> int:
    x = torch.cat([normal(40, 2), torch.ones(40, 1).double()], dim=1)
    v = normal(1, 1, 8, seed=5)
    run = train_two_layer(
        x,
        normal(40, 1, seed=6),
        torch.full((1, 8, 3), hidden).double(),
        v if random_output else torch.full_like(v, 0.4),
        nonlinearity=nonlinearity,
        loss="squared",
        optimizer=lambda p: torch.optim.SGD(p, lr=0.05),
        steps=300,
        generator=seeded(),
    )
    return distinct_units(run.w_in[0, -1], atol=1e-7)


@pytest.mark.claims("S0-1.3c", "S0-1.3a")
def test_relu_breaks_no_tie_and_from_zero_hidden_weights_it_does_not_even_start():
    for g in ("tanh", "relu", torch.sin, nn.functional.leaky_relu):
        assert kinds_after(g, 0.4, random_output=False) == 1
    for odd in ("tanh", torch.sin):
        assert kinds_after(odd, 0.0, random_output=True) == 8
    assert kinds_after("relu", 0.0, random_output=True) == 1


def autoencode(code: int, tied: bool, equal: bool = False, steps: int = 3000, scale: float = 0.3):
    data = normal(300, 8) * torch.arange(8, 0, -1).double().sqrt()
    weights = [scale * normal(code, 8, seed=1 + k) for k in range(1 if tied else 2)]
    weights = [(torch.full_like(w, 0.1) if equal else w).requires_grad_() for w in weights]
    optimizer = torch.optim.Adam(weights, lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        product = weights[-1].T @ weights[0]
        loss = (data - data @ product.T).square().sum(dim=1).mean()
        loss.backward()
        optimizer.step()
    return data, loss.item(), product.detach()


@pytest.mark.claims("S0-1.4a", "S0-1.4b")
@pytest.mark.parametrize("tied", [True, False])
def test_a_narrow_linear_autoencoder_ends_at_the_principal_components_tied_or_not(tied):
    data, loss, product = autoencode(3, tied)
    values = torch.linalg.eigvalsh(data.T @ data / len(data)).flip(0)
    assert loss == pytest.approx(values[3:].sum().item(), rel=1e-4)
    assert torch.linalg.matrix_rank(product, atol=1e-3) == 3  # so it is not the identity
    # scikit-learn's components, of data that are mirrored so that their mean is zero.
    pca = PCA(n_components=3).fit(np.concatenate([data, -data]))
    projector = pca.components_.T @ pca.components_
    np.testing.assert_allclose(product, projector, atol=2e-3)


@pytest.mark.claims("S0-1.4a")
@pytest.mark.parametrize("tied", [True, False])
def test_a_code_as_wide_as_the_input_reaches_the_identity_tied_or_not(tied):
    _, loss, product = autoencode(8, tied)
    assert loss < 1e-3
    torch.testing.assert_close(product, torch.eye(8).double(), atol=0.02, rtol=0)


@pytest.mark.claims("S0-1.4b", "S0-1.4a")
def test_equal_rows_stay_at_rank_one_and_a_penalty_leaves_all_rotations_of_the_code():
    # 50 steps: later rounding may part the rows.
    *_, product = autoencode(2, tied=True, equal=True, steps=50)
    assert torch.linalg.matrix_rank(product, atol=1e-6) == 1
    encoder, decoder = normal(3, 6), normal(6, 3, seed=1)
    rotation = torch.linalg.qr(normal(3, 3, seed=2))[0]
    stretch = torch.diag(torch.tensor([2.0, 1.0, 0.5]).double())

    def penalty(a):
        return (a @ encoder).square().sum() + (decoder @ torch.linalg.inv(a)).square().sum()

    for a in (rotation, stretch):  # the function is the same under both
        torch.testing.assert_close(decoder @ torch.linalg.inv(a) @ a @ encoder, decoder @ encoder)
    torch.testing.assert_close(penalty(rotation), penalty(torch.eye(3).double()))
    assert abs(penalty(stretch) - penalty(torch.eye(3).double())) > 1


@pytest.mark.claims("S0-1.4b")
def test_sparsity_prefers_some_rotations_of_a_code_and_keeps_a_wide_one_from_the_identity():
    code = normal(500, 3).pow(3)  # few large entries, as sparse codes have
    rotation = torch.linalg.qr(normal(3, 3, seed=2))[0]
    plain, exchanged, rotated = (
        (code @ m).abs().sum().item()
        for m in (torch.eye(3).double()[[2, 0, 1]], torch.eye(3).double(), rotation)
    )
    assert plain == pytest.approx(exchanged) and rotated > 1.1 * plain
    data, weights = normal(200, 4), [0.3 * normal(4, 4, seed=1), 0.3 * normal(4, 4, seed=2)]
    weights = [w.requires_grad_() for w in weights]
    adam, far = torch.optim.Adam(weights, lr=0.02), {}
    for penalty in (0.0, 0.5):
        for _ in range(1500):
            adam.zero_grad()
            hidden = data @ weights[0].T
            size = penalty * hidden.abs().sum(1) + penalty * weights[1].square().sum()
            ((data - hidden @ weights[1].T).square().sum(1) + size).mean().backward()
            adam.step()
        far[penalty] = (weights[1] @ weights[0] - torch.eye(4)).norm().item()
    assert far[0.0] < 0.05 and far[0.5] > 0.3


def graphs() -> tuple[torch.Tensor, torch.Tensor]:
    ring = torch.eye(6).roll(1, dims=0) + torch.eye(6).roll(-1, dims=0)
    triangles = torch.block_diag(*[torch.ones(3, 3) - torch.eye(3)] * 2)
    return ring.double(), triangles.double()


LAYERS = [(normal(3, 3, seed=k), normal(3, 3, seed=10 + k)) for k in range(4)]


def nodes(adjacency: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
    for to_neighbors, to_itself in LAYERS:
        features = torch.tanh(adjacency @ features @ to_neighbors + features @ to_itself)
    return features


@pytest.mark.claims("S0-1.5a", "S0-1.5c")
@pytest.mark.parametrize("seed", range(4))
def test_shuffling_the_nodes_shuffles_the_answers_and_changes_nothing_else(seed):
    order = torch.randperm(6, generator=seeded(seed))
    for adjacency in graphs():
        features = normal(6, 3, seed=seed)
        shuffled = nodes(adjacency[order][:, order], features[order])
        torch.testing.assert_close(shuffled, nodes(adjacency, features)[order])


@pytest.mark.claims("S0-1.5c")
def test_shuffled_copies_teach_the_symmetry_to_a_map_that_has_it_not():
    """A linear map of six node values, fitted to four graphs' worth, and to their shuffles."""
    x = normal(4, 6)
    answer = lambda v: v + 2 * v.mean(1, keepdim=True)  # noqa: E731  shuffles along
    orders = [torch.randperm(6, generator=seeded(k)) for k in range(40)]
    gaps = {}
    for name, inputs in (("plain", x), ("shuffled", torch.cat([x[:, o] for o in orders]))):
        fitted = torch.linalg.lstsq(inputs, answer(inputs), driver="gelsd").solution
        gaps[name] = max((fitted[o][:, o] - fitted).abs().max().item() for o in orders)
    assert gaps["plain"] > 0.1 and gaps["shuffled"] < 1e-9


@pytest.mark.claims("S0-1.5b", "S0-1.5d")
def test_message_passing_cannot_tell_a_ring_from_two_triangles_and_more_features_can():
    ring, triangles = graphs()
    uniform = torch.ones(6, 3).double()

    def apart(ring_features, triangle_features):
        readouts = nodes(ring, ring_features).sum(0), nodes(triangles, triangle_features).sum(0)
        return (readouts[0] - readouts[1]).abs().max().item()

    assert apart(uniform, uniform) < 1e-12
    walks = [torch.linalg.matrix_power(a, 3).diagonal()[:, None].repeat(1, 3) for a in graphs()]
    assert apart(*walks) > 0.1  # triangle counts, which do not depend on the order of nodes
    ids = normal(6, 3, seed=8)
    assert apart(ids, ids) > 0.1
    assert [round(torch.linalg.matrix_power(a, 3).trace().item()) for a in graphs()] == [0, 12]
    # Random marks break the symmetry: they do not move with the nodes.
    order = torch.tensor([1, 2, 3, 4, 5, 0])
    relabeled = nodes(triangles[order][:, order], ids).sum(0)
    assert not torch.allclose(relabeled, nodes(triangles, ids).sum(0), atol=0.01)


def attention(x, w_q, w_k, mask=None):
    scores = (x @ w_q) @ (x @ w_k).T / w_q.shape[1] ** 0.5
    scores = scores if mask is None else scores.masked_fill(~mask, -torch.inf)
    return torch.softmax(scores, dim=-1) @ x


TOKENS, W_Q, W_K = normal(5, 4), normal(4, 3, seed=1), normal(4, 3, seed=2)
ORDER = torch.tensor([3, 0, 4, 1, 2])


@pytest.mark.claims("S0-1.6a", "S0-1.6b")
def test_attention_is_equivariant_until_positions_or_a_causal_mask_come_in():
    plain = attention(TOKENS, W_Q, W_K)
    torch.testing.assert_close(attention(TOKENS[ORDER], W_Q, W_K), plain[ORDER])
    assert (plain[0] - plain[1]).abs().max() > 0.1  # content alone tells tokens apart
    causal, every = torch.ones(5, 5).tril().bool(), torch.ones(5, 5).bool()
    for mask, broken in ((causal, True), (every, False)):
        gap = attention(TOKENS[ORDER], W_Q, W_K, mask) - attention(TOKENS, W_Q, W_K, mask)[ORDER]
        assert (gap.abs().max().item() > 0.1) == broken
    places = normal(5, 4, seed=3)
    gap = attention(TOKENS[ORDER] + places, W_Q, W_K) - attention(TOKENS + places, W_Q, W_K)[ORDER]
    assert gap.abs().max() > 0.1


@pytest.mark.claims("S0-1.6a")
def test_attentions_own_symmetries_rename_its_weights_and_one_of_them_blocks():
    a = normal(3, 3, seed=4)
    renamed = attention(TOKENS, W_Q @ a, W_K @ torch.linalg.inv(a).T)
    torch.testing.assert_close(renamed, attention(TOKENS, W_Q, W_K))

    def slopes(*weights):
        leaves = [w.clone().requires_grad_() for w in weights]
        loss = (attention(TOKENS, *leaves) - TOKENS[0]).square().sum()
        return [slope.norm().item() for slope in torch.autograd.grad(loss, leaves)]

    zero = torch.zeros(4, 3).double()
    assert max(slopes(zero, zero)) < 1e-12
    assert slopes(zero, W_K)[0] > 0.1
    constant = [torch.full((4, 3), 0.3).double().requires_grad_() for _ in range(2)]
    optimizer = torch.optim.Adam(constant, lr=0.01)
    for _ in range(100):
        optimizer.zero_grad()
        (attention(TOKENS, *constant) - TOKENS[0]).square().sum().backward()
        optimizer.step()
    for weight in constant:
        assert torch.linalg.matrix_rank(weight.detach(), atol=1e-7) == 1
    assert (constant[0] - 0.3).abs().max() > 0.05


@pytest.mark.claims("S0-1.7a", "S0-1.7b")
def test_max_and_average_pooling_are_equally_symmetric_and_adaptive_pooling_is_the_same():
    window = torch.tensor([1.0, 5.0, 2.0, 4.0])
    for pool, value in ((nn.AvgPool1d(4), 3.0), (nn.MaxPool1d(4), 5.0)):
        for seed in range(5):
            shuffled = window[torch.randperm(4, generator=seeded(seed))]
            assert pool(shuffled.view(1, 1, 4)).item() == value
    x = torch.randn(1, 2, 8, 8, generator=seeded())
    assert torch.equal(nn.AdaptiveMaxPool2d(4)(x), nn.MaxPool2d(2)(x))
    torch.testing.assert_close(nn.AdaptiveAvgPool2d(4)(x), nn.AvgPool2d(2)(x))


@pytest.mark.claims("S0-1.7a")
@pytest.mark.parametrize("pool", [nn.AvgPool1d(2), nn.MaxPool1d(2)])
def test_stacked_layers_widen_their_view_with_either_pooling(pool):
    signal = torch.arange(16.0).view(1, 1, 16).requires_grad_()
    kernel = torch.ones(1, 1, 3)
    conv = nn.functional.conv1d
    shallow = pool(conv(signal, kernel))[0, 0, 0]
    deep = pool(conv(pool(conv(signal, kernel)), kernel))[0, 0, 0]
    seen = [
        torch.autograd.grad(y, signal)[0].nonzero()[:, -1].max().item() for y in (shallow, deep)
    ]
    assert seen == [3, 9]  # the first answer sees inputs 0 to 3, then 0 to 9


@pytest.mark.claims("S1-3")
def test_l2_parts_no_equal_units_but_picks_the_balanced_name_of_a_relu_unit():
    x, y = normal(40, 3), normal(40, 1, seed=1)
    options = {
        "loss": "squared",
        "optimizer": lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.1),
    }
    equal = torch.full((1, 8, 3), 0.4).double(), torch.full((1, 1, 8), 0.4).double()
    run = train_two_layer(x, y, *equal, steps=300, generator=seeded(), **options)
    assert distinct_units(run.w_in[0, -1], run.w_out[0, -1], atol=1e-7) == 1
    # Of all names of w = (3, 4), v = 20 the one with α = 2 has the least squares: 200.
    alphas = torch.linspace(0.5, 5, 9001).double()
    penalty = alphas**2 * 25 + 400 / alphas**2
    assert alphas[penalty.argmin()].item() == pytest.approx(2, abs=1e-3)
    assert penalty.min().item() == pytest.approx(200, abs=1e-3)
    # With the penalty left to work, ‖w‖² − v² of ReLU units shrinks.
    unbalanced = 2 * normal(1, 6, 3, seed=2), 0.3 * normal(1, 1, 6, seed=3)
    options |= {"nonlinearity": "relu", "steps": 600, "record": [0, 600]}
    run = train_two_layer(x, y, *unbalanced, generator=seeded(), **options)
    balance = (run.w_in.square().sum(-1) - run.w_out[:, :, 0].square())[0].abs()
    assert (balance[1] < 0.02 * balance[0]).all()


@pytest.mark.claims("S0-1", "S0-1.0", "S0-1.8")
def test_a_symmetric_start_blocks_and_a_symmetric_function_helps():
    # Blocks: from equal weights only one kind of unit is ever reached, whatever else happens.
    assert kinds_after("tanh", 0.4, random_output=False) == 1
    # Redundant: an invariance that ties no weights does not keep units from differing.
    assert kinds_after("tanh", 0.0, random_output=True) == 8
    # Wanted: a network that shifts with its input knows shifted patterns it has never seen.
    patterns, labels = normal(12, 1, 16), torch.arange(12) % 3
    with torch.random.fork_rng():
        torch.manual_seed(0)
        conv = nn.Conv1d(1, 24, 5, padding=2, padding_mode="circular"), nn.ReLU()
        shifting = nn.Sequential(*conv, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(24, 3))
        dense = nn.Sequential(nn.Flatten(), nn.Linear(16, 24), nn.ReLU(), nn.Linear(24, 3))
    right = {}
    for name, network in {"shifting": shifting.double(), "dense": dense.double()}.items():
        optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
        for _ in range(300):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(patterns), labels).backward()
            optimizer.step()
        assert (network(patterns).argmax(dim=1) == labels).all()
        moved = network(patterns.roll(5, dims=2)).argmax(dim=1)
        right[name] = (moved == labels).double().mean().item()
    assert right["shifting"] == 1 and right["dense"] < 0.8
