"""CAFE: files read without trust, a classifier as the sheet asks for it, persons left out."""

import hashlib
import math
import os
import shutil

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix
from torch.nn.functional import cross_entropy

from loops import textbook
from trainability.cafe import (
    EMOTIONS,
    CAFENet,
    fit,
    get_cafe_data,
    leave_one_person_out,
    load_cafe,
    weight_images,
)
from trainability.cafe import classifier as cafe
from trainability.cafe.dataset import FOLDER_VARIABLE
from trainability.cafe.synthetic import PERSONS, synthetic_files, write_synthetic_cafe

PIXELS = 380 * 240


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """A working directory without images, and no folder in the environment."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    return folder


def write(folder, name, level):
    """An image in the real format, written byte by byte: all of one level, a corner of another."""
    image = bytearray([level]) * PIXELS
    image[:3] = b"\x00\xff\x07"
    (folder / name).write_bytes(b"P5\n240 380\n255\n" + bytes(image))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "real"
    made.mkdir()
    return made


def test_a_folder_in_the_real_format_is_read_as_it_was_written(folder):
    levels = {"012_a3.pgm": 10, "040_s1.pgm": 20, "023_h2.pgm": 30, "035_d1.pgm": 40}
    levels |= {"008_m1.pgm": 50, "099_f9.pgm": 60, "012_d1.pgm": 70}
    for name, level in levels.items():
        write(folder, name, level)
    train, test = load_cafe(folder), load_cafe(str(folder), "test")
    assert train.persons.tolist() == [8, 12, 12, 40, 99] and test.persons.tolist() == [23, 35]
    assert [EMOTIONS[k] for k in train.labels] == [
        "maudlin",
        "anger",
        "disgusted",
        "surprise",
        "fear",
    ]
    assert test.labels.tolist() == [2, 1] and train.source == str(folder)
    assert train.images.dtype == torch.uint8 and tuple(train.images.shape) == (5, 380, 240)
    assert train.images[:, 200, 100].tolist() == [50, 10, 70, 20, 60]
    assert train.images[0, 0, :4].tolist() == [0, 255, 7, 50]  # row by row
    X, y = get_cafe_data("test", folder)
    assert X.dtype == torch.float32 and tuple(X.shape) == (2, PIXELS)
    torch.testing.assert_close(X[:, 5], torch.tensor([30 / 255, 40 / 255]), rtol=0, atol=1e-7)
    assert torch.equal(y, test.labels) and y.dtype == torch.int64
    assert torch.equal(load_cafe(folder, "all").persons, torch.tensor([8, 12, 12, 23, 35, 40, 99]))


def test_other_files_are_reported_and_left_alone(folder):
    write(folder, "012_a3.pgm", 10)
    others = ["012_n1.pgm", "012_ht1.pgm", "048ng_a1.pgm", "readme.txt", "012_A3.pgm", "_12_a3.pgm"]
    others += ["012_a3.pgm.bak", "1012_a3.pgm", "012_a33.pgm", "٠١٢_a1.pgm", "012_a3.pgm\n"]
    for name in others:
        (folder / name).write_bytes(b"no image")
    (folder / "sub").mkdir()
    (folder / "sub" / "045_a1.pgm").write_bytes(b"not looked for")
    found = load_cafe(folder)
    assert len(found.images) == 1 and found.skipped == tuple(sorted([*others, "sub"]))


def test_the_stand_in_is_read_by_the_same_loader(folder):
    write_synthetic_cafe(folder)
    for split in ("train", "test", "all"):
        written, drawn = load_cafe(folder, split), load_cafe("synthetic", split)
        for name in ("images", "labels", "persons"):
            assert torch.equal(getattr(written, name), getattr(drawn, name))
        assert written.skipped == drawn.skipped and len(drawn.skipped) == 6
        assert written.source == str(folder) and drawn.source == "synthetic"
    with pytest.raises(FileExistsError, match=r"011_a1\.pgm exists"):
        write_synthetic_cafe(folder)


def test_each_split_of_the_stand_in_has_each_person_with_each_expression_once():
    for split, people in {"train": PERSONS[:6], "test": PERSONS[6:9]}.items():
        found = load_cafe("synthetic", split)
        pairs = list(zip(found.persons.tolist(), found.labels.tolist(), strict=True))
        assert sorted(pairs) == [(int(p), k) for p in sorted(people) for k in range(6)]
    assert {name[:5] for name in load_cafe("synthetic").skipped} == {"048ng"}


def test_the_folder_is_looked_for_in_its_order(folder, nowhere, monkeypatch):
    assert load_cafe().source == "synthetic"
    near, above = nowhere / "data" / "cafe", nowhere.parent / "data" / "cafe"
    for place in (above, near):
        place.mkdir(parents=True)
        write(place, "012_a1.pgm", 9)
        assert os.path.samefile(load_cafe().source, place)
    write(folder, "012_a1.pgm", 7)
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    assert load_cafe().source == str(folder)
    assert load_cafe(near).source == str(near)
    monkeypatch.setenv(FOLDER_VARIABLE, "synthetic")
    assert load_cafe().source == "synthetic"


def test_what_is_missing_is_said(folder, monkeypatch):
    with pytest.raises(ValueError, match="split='validation' must be one of 'train', 'test'"):
        load_cafe(folder, "validation")
    with pytest.raises(ValueError, match="has no image of split 'train'"):
        load_cafe(folder)
    write(folder, "023_a1.pgm", 7)
    with pytest.raises(ValueError, match="has no image of split 'train'"):
        load_cafe(folder)
    with pytest.raises(FileNotFoundError, match="missing is not a folder"):
        load_cafe(folder / "missing")
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        load_cafe(folder / "023_a1.pgm")
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder / "missing"))
    with pytest.raises(FileNotFoundError, match=f"{FOLDER_VARIABLE}"):
        load_cafe()


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=40), st.integers(0, 15 + PIXELS), st.integers(0, 60), st.booleans())
def test_a_corrupt_file_is_named_and_never_read_as_another_image(
    folder, noise, start, removed, longer
):
    good = b"P5\n240 380\n255\n" + bytes(range(256)) * 357
    good = good[: 15 + PIXELS]
    data = good[:start] + noise + good[start + (0 if longer else removed) :]
    (folder / "012_a1.pgm").write_bytes(data)
    try:
        found = load_cafe(folder)
    except ValueError as error:
        assert "012_a1.pgm" in str(error)
    else:
        assert data[-PIXELS:] == found.images[0].numpy().tobytes() and data.startswith(b"P5")


@pytest.mark.parametrize("kind", ["folder", "pipe", "dangling link", "loop"])
def test_a_name_that_is_no_file_is_named(folder, kind):
    path = folder / "012_a1.pgm"
    {
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "dangling link": lambda: path.symlink_to(folder / "gone"),
        "loop": lambda: path.symlink_to(path),
    }[kind]()
    with pytest.raises(ValueError, match=r"012_a1\.pgm is not a file"):
        load_cafe(folder)


def test_the_stand_in_is_the_same_byte_for_byte_and_another_with_another_seed():
    digest = hashlib.sha256(b"".join(synthetic_files().values())).hexdigest()
    assert digest == "da80695955bf1e5fd34ffbd9b5f5d73dedbb126f1e9f15f9ff54fb903c99436a"
    synthetic_files.cache_clear()
    assert hashlib.sha256(b"".join(synthetic_files(0).values())).hexdigest() == digest
    assert synthetic_files(1)["011_a1.pgm"] != synthetic_files(0)["011_a1.pgm"]
    with pytest.raises(TypeError):
        synthetic_files(0)["011_a1.pgm"] = b""
    for seed in (-1, True, 0.5):
        with pytest.raises((TypeError, ValueError), match="seed"):
            synthetic_files(seed)


def test_a_folder_half_written_leaves_no_part_behind(folder, monkeypatch):
    calls = []

    def failing(source, target):
        calls.append(target)
        if len(calls) == 3:
            raise OSError("disk full")
        shutil.move(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="disk full"):
        write_synthetic_cafe(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["011_a1.pgm", "011_d1.pgm"]


@pytest.fixture(scope="module")
def train():
    return get_cafe_data("train", "synthetic")


@pytest.fixture(scope="module")
def test_data():
    return get_cafe_data("test", "synthetic")


@pytest.mark.claims("S3-3.0")
def test_the_network_is_softmax_regression_with_547206_parameters(train):
    net = CAFENet(seeded())
    assert sum(p.numel() for p in net.parameters()) == 547_206 == 6 * PIXELS + 6
    assert net.linear.weight.shape == (6, PIXELS)
    X, _ = train
    weight, bias = net.linear.weight.double(), net.linear.bias.double()
    torch.testing.assert_close(net(X).double(), X.double() @ weight.T + bias, rtol=0, atol=1e-4)
    assert net.linear.weight.abs().max() <= PIXELS**-0.5
    state = torch.random.get_rng_state()
    CAFENet(seeded(1))
    assert not torch.equal(CAFENet(seeded(1)).linear.weight, net.linear.weight)
    assert torch.equal(CAFENet(seeded(0)).linear.weight, net.linear.weight)
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.claims("S3-3a")
def test_two_softmaxes_keep_the_loss_above_its_bound_and_one_does_not():
    far = 1e3 * torch.eye(6).double()
    labels = torch.arange(6)
    bound = math.log(1 + 5 / math.e)
    assert bound == pytest.approx(1.0436, abs=5e-5)
    assert cross_entropy(far.softmax(1), labels).item() == pytest.approx(bound, rel=1e-12)
    assert cross_entropy(far, labels).item() == 0
    for seed in range(20):
        some = 10 * torch.randn(6, 6, generator=seeded(seed)).double()
        assert cross_entropy(some.softmax(1), labels) >= bound
    naive = torch.log(torch.exp(far) / torch.exp(far).sum(1, keepdim=True))
    assert not torch.isfinite(naive).all() and torch.isfinite(far.log_softmax(1)).all()


def test_fit_is_the_textbook_loop_with_torchs_adam(train):
    X, y = train
    X = X.double()
    mine, theirs = CAFENet(seeded()).double(), CAFENet(seeded()).double()
    losses, expected = fit(mine, X, y, 30), textbook(theirs, X, y, 30)
    np.testing.assert_allclose(losses, expected, rtol=1e-8)
    torch.testing.assert_close(mine.linear.weight, theirs.linear.weight, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(mine.linear.bias, theirs.linear.bias, rtol=1e-6, atol=1e-9)
    assert losses[0] == pytest.approx(cross_entropy(CAFENet(seeded()).double()(X), y).item())


def test_fit_returns_one_loss_an_epoch_and_changes_only_the_net(train):
    X, y = train
    before, net = X.clone(), CAFENet(seeded())
    losses = fit(net, X, y)
    assert len(losses) == 201 and all(isinstance(loss, float) for loss in losses)
    assert torch.equal(X, before) and all(p.requires_grad for p in net.parameters())
    assert len(fit(net, X, y, n_epochs=1)) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X[:, :-1], y), "shape"),
        (lambda X, y: (X[0], y), "shape"),
        (lambda X, y: (X[:0], y[:0]), "shape"),
        (lambda X, y: ((255 * X).to(torch.uint8), y), "finite floating"),
        (lambda X, y: (X / 0, y), "finite floating"),
        (lambda X, y: (X, y[:-1]), "36 int64 labels"),
        (lambda X, y: (X, y.float()), "36 int64 labels"),
        (lambda X, y: (X, y + 1), "labels from 0 to 5"),
        (lambda X, y: (X, y - 1), "labels from 0 to 5"),
        (lambda X, y: (X.numpy(), y), "tensor of shape"),
    ],
)
def test_examples_that_do_not_fit_are_refused_and_nothing_is_trained(train, change, message):
    net = CAFENet(seeded())
    before = net.linear.weight.clone()
    with pytest.raises(ValueError, match=message):
        fit(net, *change(*train))
    assert torch.equal(net.linear.weight, before)


def test_another_kind_of_network_is_refused(train):
    with pytest.raises(TypeError, match="net must be a CAFENet, not Linear"):
        fit(torch.nn.Linear(PIXELS, 6), *train)


@pytest.mark.claims("S3-3f")
def test_weights_become_gray_values_by_the_sheets_map():
    net = CAFENet(seeded())
    weight = net.linear.weight.detach().double().numpy()
    expected = ((weight - weight.min()) * 255 / (weight.max() - weight.min())).astype(int)
    images = weight_images(net)
    assert images.dtype == torch.uint8 and tuple(images.shape) == (6, 380, 240)
    difference = np.abs(images.numpy().reshape(6, -1).astype(int) - expected)
    assert difference.max() <= 1 and (difference > 0).mean() < 1e-4  # rounding at whole numbers
    assert images.min() == 0 and images.max() == 255
    net.linear.weight.data[2, 7] = 1.0
    brightest = weight_images(net)
    assert brightest.flatten(1)[2, 7] == 255 and (brightest == 255).sum() == 1


@pytest.mark.claims("S3-3f")
def test_weights_without_a_range_are_refused_where_the_sheets_map_divides_by_zero():
    net = CAFENet(seeded())
    net.linear.weight.data.fill_(0.3)
    with pytest.raises(ValueError, match="all weights are equal"):
        weight_images(net)
    net.linear.weight.data[0, 0] = torch.nan
    with pytest.raises(ValueError, match="not finite"):
        weight_images(net)


def right(net, X, y):
    return int((net(X).argmax(1) == y).sum())


@pytest.mark.claims("S3-3d")
@pytest.mark.parametrize("seed", range(3))
def test_true_and_shuffled_labels_are_fitted_alike_and_only_true_ones_carry_over(
    train, test_data, seed
):
    X, y = train
    shuffled = y[torch.randperm(36, generator=seeded(seed))]
    found = {}
    for name, labels in (("true", y), ("shuffled", shuffled)):
        net = CAFENet(seeded(seed))
        fit(net, X, labels)
        found[name] = right(net, X, labels), right(net, *test_data)
    assert found["true"][0] == found["shuffled"][0] == 36
    assert found["true"][1] >= 8 > 5 >= found["shuffled"][1]


@pytest.mark.claims("S3-3d")
def test_any_logits_at_all_are_interpolated(train):
    X = train[0].double()
    assert torch.linalg.matrix_rank(X) == 36
    wished = 100 * torch.randn(36, 6, generator=seeded()).double()
    weights = torch.linalg.lstsq(X, wished, driver="gelsd").solution
    torch.testing.assert_close(X @ weights, wished, rtol=0, atol=1e-8)


@pytest.mark.claims("S3-3d")
def test_the_sheets_matrix_never_answers_disgusted_and_is_above_chance():
    rows = ["200100", "101010", "002010", "200010", "000030", "000012"]
    sheet = np.array([[int(count) for count in row] for row in rows])
    shown, answered = (
        [k for k in range(6) for _ in range(int(sheet.sum(axis)[k]))] for axis in (1, 0)
    )
    assert sorted(shown) == [k for k in range(6) for _ in range(3)]
    assert np.bincount(answered, minlength=6).tolist() == [5, 0, 3, 1, 7, 2]
    assert sheet[4, 4] == 3 == sheet[4].sum() and sheet[:, 4].sum() == 7
    test = binomtest(int(sheet.trace()), 18, 1 / 6, alternative="greater")
    low, high = binomtest(9, 18).proportion_ci()
    assert (round(low, 2), round(high, 2)) == (0.26, 0.74)
    assert round(test.pvalue, 4) == 0.0011


@pytest.mark.claims("S3-3b,c")
def test_the_loss_leaps_on_raw_pixels_and_less_on_centered_ones_or_at_a_small_rate(train):
    X, y = train
    assert fit(CAFENet(seeded()), X, y, 2)[1] > 40
    assert fit(CAFENet(seeded()), X - X.mean(), y, 2)[1] < 10
    zeros = CAFENet(seeded())
    for parameter in zeros.parameters():
        torch.nn.init.zeros_(parameter)
    assert fit(zeros, X, y, 2)[1] > 15  # a start at zero is no cure
    slow = CAFENet(seeded())
    adam = torch.optim.Adam(slow.parameters(), lr=1 / PIXELS)
    cross_entropy(slow(X), y).backward()
    adam.step()
    assert cross_entropy(slow(X), y) < 1.85


@pytest.mark.claims("S3-3e-ii")
def test_the_weights_of_gradient_descent_are_combinations_of_faces_for_any_labels(train):
    X, y = train
    for labels, count in ((y, 36), (y.flip(0), 36), (y, 7)):
        net = CAFENet(seeded())
        before = net.linear.weight.detach().clone()
        descent = torch.optim.SGD(net.parameters(), lr=2e-4)
        for _ in range(20):
            descent.zero_grad()
            cross_entropy(net(X[:count]), labels[:count]).backward()
            descent.step()
        change = (net.linear.weight.detach() - before).double()
        combination = torch.linalg.lstsq(X[:count].double().T, change.T, driver="gelsd").solution
        rest = change.T - X[:count].double().T @ combination
        assert rest.norm() < 1e-4 * change.norm()


@pytest.mark.claims("S3-3e-ii")
def test_the_weights_grow_like_a_logarithm_and_do_not_converge(train):
    """Gradient descent on the centered faces, in the coordinates of their span."""
    X, y = train
    centered = (X - X.mean(0)).double()
    gram, targets = centered @ centered.T, torch.nn.functional.one_hot(y, 6)
    combination, sizes, ends = torch.zeros(36, 6).double(), {}, {}
    for step in range(1, 20_001):
        slope = (gram @ combination).softmax(1) - targets
        combination = combination - 5e-4 * slope
        if step in (200, 2_000, 20_000):
            sizes[step] = (combination * (gram @ combination)).sum().sqrt().item()
            ends[step] = combination
    first, second = sizes[2_000] - sizes[200], sizes[20_000] - sizes[2_000]
    assert first > 0 and 0.6 < second / first < 1.6
    # The direction does converge.
    cosines = [
        (ends[step] * (gram @ ends[20_000])).sum().item() / sizes[step] / sizes[20_000]
        for step in (200, 2_000)
    ]
    assert cosines[0] < cosines[1] and cosines[1] > 0.99


@pytest.mark.claims("S3-3e-ii")
def test_where_equal_images_bear_different_labels_the_weights_converge():
    """No weights get all right; the best give the shares of the labels: e^w/(1 + e^w) = 2/3."""
    x = torch.tensor([[1.0], [1.0], [1.0], [-1.0], [-1.0], [-1.0]])
    wanted = torch.eye(2)[torch.tensor([0, 0, 1, 1, 1, 0])]
    weight, found = torch.zeros(2, 1), []
    for step in range(1, 2_001):
        weight = weight - 0.5 * ((x @ weight.T).softmax(1) - wanted).T @ x / 6
        if step in (200, 2_000):
            found.append((weight[0] - weight[1]).item())
    assert found == pytest.approx([math.log(2)] * 2, abs=1e-4)


@pytest.mark.claims("S3-3e-i")
def test_equal_pixels_share_a_weight_and_dark_weights_matter_as_bright_ones(train, test_data):
    net = CAFENet(seeded())
    fit(net, *train)
    X, weight = test_data[0], net.linear.weight.detach()
    surprise, mean = weight[5], train[0].mean(0)
    effect = {}
    any_order = torch.rand(PIXELS, generator=seeded())
    for name, order in {"bright": surprise, "dark": -surprise, "any": any_order}.items():
        hidden, chosen = X.clone(), order.topk(PIXELS // 20).indices
        hidden[:, chosen] = mean[chosen]
        effect[name] = (net(hidden) - net(X))[:, 5].square().mean().sqrt().item()
    assert effect["dark"] > 3 * effect["any"] and effect["bright"] > 3 * effect["any"]
    assert (weight_images(net)[5].flatten()[(-surprise).topk(99).indices] < 60).all()
    twins = torch.zeros(36, PIXELS)
    twins[:, 0] = twins[:, 1] = train[1].float() - 2.5
    alike = CAFENet(seeded())
    torch.nn.init.zeros_(alike.linear.weight)
    fit(alike, twins, train[1], 50)
    assert torch.equal(alike.linear.weight[:, 0], alike.linear.weight[:, 1])


@pytest.mark.claims("S3-3e-i")
def test_two_copies_of_a_pixel_share_between_them_what_one_of_them_alone_needs():
    """Gradient descent from zero to the same logits, step by step, at half the rate."""
    one, labels = torch.tensor([[1.0], [-0.5], [0.3]]), torch.eye(2)[torch.tensor([0, 1, 0])]
    alone, copies = torch.zeros(2, 1), torch.zeros(2, 2)
    for _ in range(300):
        alone = alone - 0.2 * ((one @ alone.T).softmax(1) - labels).T @ one
        two = one.expand(-1, 2)
        copies = copies - 0.1 * ((two @ copies.T).softmax(1) - labels).T @ two
    torch.testing.assert_close(copies, alone.expand(-1, 2) / 2)
    assert alone.abs().min() > 0.5


def test_leaving_out_at_once_is_leaving_out_fold_after_fold():
    faces = load_cafe("synthetic", "all")
    found = leave_one_person_out(faces, n_epochs=25, offset=0.5, generator=seeded())
    X = faces.inputs() - 0.5
    for person in faces.persons.unique():
        out = faces.persons == person
        net = CAFENet(seeded())
        textbook(net, X[~out], faces.labels[~out], 25)
        # In single precision a face between two classes may fall to either.
        logits = net(X[out]).detach()
        margin = logits.topk(2, dim=1).values.diff(dim=1).abs()[:, 0]
        sure = margin > 0.05 * logits.abs().max()
        assert torch.equal(found.predicted[out][sure], logits.argmax(1)[sure]) and sure.sum() >= 3


@pytest.mark.parametrize("seed", range(4))
def test_of_persons_left_out_between_40_and_75_percent_are_right(seed, folder):
    write_synthetic_cafe(folder, seed)
    X, y = get_cafe_data("train", folder)
    net = CAFENet(seeded())
    losses = fit(net, X, y)
    assert right(net, X, y) == 36 and losses[1] > 25 and max(losses) > 50 and losses[-1] < 0.2
    found = leave_one_person_out(load_cafe(folder, "all"), generator=seeded())
    assert 0.4 <= found.mean <= 0.75
    matrix = confusion_matrix(found.labels, found.predicted)
    assert (matrix.diagonal() >= 1).all()  # every expression is recognized sometimes


def test_one_person_cannot_be_left_out():
    faces = load_cafe("synthetic")
    alone = faces.persons == 11
    one = cafe.CafeFaces(faces.images[alone], faces.labels[alone], faces.persons[alone])
    with pytest.raises(ValueError, match="one person"):
        leave_one_person_out(one)


def spelled(name, at):
    return (name.upper(), name.title(), name.replace("_a", "_A"), name[:-3] + "PGM", name)[at % 5]


def test_names_in_any_case_are_the_same_images(folder):
    for at, (name, data) in enumerate(synthetic_files().items()):
        (folder / spelled(name, at)).write_bytes(data)
    for split in ("train", "test", "all"):
        written, drawn = load_cafe(folder, split), load_cafe("synthetic", split)
        for name in ("images", "labels", "persons"):
            assert torch.equal(getattr(written, name), getattr(drawn, name))
        assert sorted(name.lower() for name in written.skipped) == list(drawn.skipped)


def test_what_other_systems_leave_in_a_folder_is_skipped_and_each_name_is_reported(folder):
    write(folder, "012_a3.pgm", 10)
    others = ["._012_a3.pgm", ".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX", "012_n1.PGM"]
    others += [
        "cafe\\012_d1.pgm",
        "012_a3 (1).pgm",
        "012_A3.PGM",
        "048NG_A1.PGM",
        "012_a3.PGM.part",
    ]
    for name in others:
        (folder / name).write_bytes(b"no image")
    found = load_cafe(folder)
    assert found.images[:, 200, 100].tolist() == [10]
    assert found.skipped == tuple(sorted(others))
    taken = {split: len(load_cafe(folder, split).images) for split in ("train", "all")}
    assert len(os.listdir(folder)) == len(found.skipped) + taken["all"] == len(others) + 1


def test_a_folder_may_be_given_with_backslashes(folder, monkeypatch):
    write(folder, "012_a1.pgm", 7)
    path = str(folder).replace("/", "\\")
    assert load_cafe(path).images[:, 200, 100].tolist() == [7]
    monkeypatch.setenv(FOLDER_VARIABLE, path)
    assert load_cafe().images[:, 200, 100].tolist() == [7]
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        load_cafe(path + "\\missing")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "it is empty"),
        (["CAFE"], "it holds 'CAFE'. Give"),
        (["CAFE", "x"], "it holds 'CAFE' and one other. Give"),
        (["CAFE", "x", "y"], "it holds 'CAFE' and 2 others. Give"),
    ],
)
def test_what_a_folder_without_images_holds_is_said(folder, names, message):
    for name in names:
        (folder / name).mkdir()
    with pytest.raises(ValueError, match="has no image of split 'train'") as caught:
        load_cafe(folder)
    assert message in str(caught.value)


def test_images_of_fewer_gray_values_are_scaled_and_of_two_bytes_refused_by_name(folder):
    levels = bytes(range(12)) * (PIXELS // 12)
    (folder / "012_a1.pgm").write_bytes(b"P5 240 380#wide, high\n 11#c\n\n" + levels)
    X, _ = get_cafe_data("train", folder)
    expected = torch.arange(12).repeat(PIXELS // 12) / 11
    torch.testing.assert_close(X[0], expected.float(), rtol=0, atol=0.5 / 255 + 1e-6)
    (folder / "013_d1.pgm").write_bytes(b"P5\n240 380\n65535\n" + bytes(2 * PIXELS))
    with pytest.raises(ValueError, match=r"013_d1\.pgm has 16-bit gray values"):
        load_cafe(folder)
