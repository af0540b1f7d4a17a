"""Faces drawn by muscles: in a page bit for bit as here, and judged as torch's own tools judge."""

import base64

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from conftest import ROOT
from trainability.cafe import (
    EMOTIONS,
    PEOPLE_TO_DRAW,
    Crowd,
    OwnFace,
    load_cafe,
    muscles_of,
    read_blocks,
    synthetic_person,
)
from trainability.cafe.drawing.canvas import Take
from trainability.cafe.drawing.face import EXPRESSIONS, draw_face, random_take
from trainability.cafe.drawing.features import ACTIONS, Action
from trainability.cafe.own_face import POSE, block_means
from trainability.cafe.synthetic import NOISE, drawn_person
from trainability.programs.tracing import trace

DRAW = """
  const page = new module.Program(given.plan);
  const whole = new Uint8Array(page.run(given.settings).gray.buffer.slice(0));
  let text = '';
  for (let i = 0; i < whole.length; i += 32768)
    text += String.fromCharCode(...whole.subarray(i, i + 32768));
  return btoa(text);
"""


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn_by_the_page(in_module, index: int, take: Take, muscles: dict[str, float], every: int):
    """Gray values, float64, that the page's runtime computes of the recorded drawing."""

    def gray(**moved):
        return {"gray": draw_face(drawn_person(index), Action(**moved), take, every)}

    plan = trace(gray, numbers=dict.fromkeys(ACTIONS, (-2.0, 2.0))).document()
    text = in_module("runtime.js", DRAW, {"plan": plan, "settings": muscles})
    return np.frombuffer(base64.b64decode(text), dtype=np.float64)


@pytest.mark.parametrize(("index", "number"), [(0, 2), (2, 4), (6, 0), (5, 5)])
def test_a_page_draws_the_files_of_the_stand_in_byte_for_byte(in_module, index, number):
    expression = tuple(EXPRESSIONS)[number]
    generator = np.random.default_rng([0, index, number])
    take = random_take(generator)
    found = drawn_by_the_page(in_module, index, take, muscles_of(expression), every=1)
    gray = 255 * found.reshape(380, 240)
    for _ in range(2):
        gray = gray + generator.uniform(-NOISE, NOISE, gray.shape)
    image = np.floor(np.clip(gray, 0, 255) + 0.5).astype(np.uint8)
    assert image.tobytes() == synthetic_person(index)[number].tobytes()


def test_any_muscles_are_drawn_alike_in_the_page_and_here(in_module):
    wild = dict.fromkeys(ACTIONS, 1.6) | {"inner": -1.0, "corner": -1.0, "open": 0.0}
    for index, muscles in ((3, wild), (8, muscles_of("fear") | {"open": 0.1})):
        found = drawn_by_the_page(in_module, index, POSE, muscles, every=2)
        wanted = draw_face(drawn_person(index), Action(**muscles), POSE, every=2)
        assert found.tobytes() == wanted.numpy().tobytes()


@pytest.mark.parametrize("every", [2, 4])
def test_a_smaller_drawing_is_the_same_face(every):
    person, take = drawn_person(1), random_take(np.random.default_rng(3))
    whole, small = (draw_face(person, EXPRESSIONS["happy"], take, k) for k in (1, every))
    pooled = whole.view(380 // every, every, 240 // every, every).mean((1, 3))
    assert (pooled - small).abs().mean() < 0.004  # a gray value of 255


def test_a_size_that_does_not_divide_the_image_is_refused():
    with pytest.raises(ValueError, match="every=3 must divide 380 and 240; try 1, 2 or 4"):
        draw_face(drawn_person(0), Action(), Take(), every=3)


def test_a_bent_brow_moves_the_brow_and_nothing_below_the_eyes():
    calm, bent = (draw_face(drawn_person(0), a, POSE, 2) for a in (Action(), Action(inner=1.0)))
    moved = (calm - bent).abs() > 0.05
    assert moved[50:90].any() and not moved[100:].any()


@pytest.fixture(scope="module")
def own():
    return OwnFace.of(load_cafe("synthetic"), load_cafe("synthetic", "test"))


def trained_by_torch(weight, x, labels, steps, optimizer):
    """Autograd, torch's loss and torch's optimizer."""
    weight = weight.clone().requires_grad_()
    optimizer, losses = optimizer([weight]), []
    for _ in range(steps):
        loss = cross_entropy(x @ weight.T, labels)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return weight.detach(), losses


def test_both_classifiers_train_as_torchs_adam_would_train_each(own):
    state = own.begin(generator=seeded(3))
    start, kept = state["weight"], []
    for _ in range(30):
        state, each = own.step(state, lr=0.005)
        kept.append(each)
    x = torch.cat([own.inputs / 255, torch.ones(36, 1)], 1)
    adam = lambda params: torch.optim.Adam(params, lr=0.005)  # noqa: E731
    for k, (name, labels) in enumerate((("loss", own.labels), ("loss_shuffled", own.shuffled))):
        weight, losses = trained_by_torch(start[k], x, labels, 30, adam)
        torch.testing.assert_close(state["weight"][k], weight, rtol=1e-3, atol=1e-5)
        torch.testing.assert_close(
            torch.tensor(losses), torch.stack([each[name] for each in kept]), rtol=1e-3, atol=1e-5
        )


def test_the_evidence_adds_up_to_the_lead_over_the_mean_face(own):
    state = own.begin(generator=seeded())
    for _ in range(200):
        state, _ = own.step(state, lr=0.01)
    read = own.judge(state, "052, learned from", **muscles_of("surprise"))
    answer = int(read["logits_0"].argmax())
    assert read[f"says_{answer}"] == 1 and read["lead"] == read["logits_0"].max()
    weight = state["weight"][0] - state["weight"][0].mean(0)
    mean_face = torch.cat([own.inputs.double().mean(0) / 255, torch.ones(1)])
    wanted = read["logits_0"][answer] - weight[answer].double() @ mean_face.double()
    torch.testing.assert_close(read["evidence"].sum(), wanted.double(), rtol=1e-4, atol=1e-4)
    assert read["most"] == -read["least"] == read["evidence"].abs().max()


def test_the_answers_are_what_the_lesson_says_from_each_of_thirty_starts(own):
    """How many of six expressions are right, by person, and what a calm face is taken for."""
    wanted = dict(
        zip(
            PEOPLE_TO_DRAW,
            (({4, 5, 6}, "anger"), ({6}, "happy"), ({2}, "anger"), ({1}, "anger"), ({5, 6}, None)),
            strict=True,
        )
    )
    blocks = {}
    for seed in range(30):
        state = own.begin(generator=seeded(seed))
        for _ in range(500):
            state, _ = own.step(state, lr=0.01)
        for person, (right, calm) in wanted.items():
            said = []
            for muscles in (*(muscles_of(name) for name in EMOTIONS), {}):
                if (person, str(muscles)) not in blocks:
                    blocks[person, str(muscles)] = own.judge(state, person, **muscles)["blocks"]
                face = torch.cat([blocks[person, str(muscles)] / 255, torch.ones(1)]).float()
                said.append(EMOTIONS[int((state["weight"][0] @ face).argmax())])
            assert calm in (said[6], None)
            assert sum(a == b for a, b in zip(said[:6], EMOTIONS, strict=True)) in right
            if person == "023, never seen":
                assert set(said) == {"anger"}  # whatever that face does


def test_block_means_are_means_rounded_to_whole_gray_values():
    images = torch.randint(256, (3, 380, 240), generator=seeded(1), dtype=torch.uint8)
    found = block_means(images)
    by_hand = [
        int(np.floor(images[2, r : r + 10, c : c + 10].numpy().mean() + 0.5))
        for r in range(0, 380, 10)
        for c in range(0, 240, 10)
    ]
    assert found.dtype == torch.int64 and found[2].tolist() == by_hand


def test_a_crowd_trains_as_torchs_descent_would_on_the_first_people_alone():
    blocks = torch.randint(256, (9, 6, 228), generator=seeded(2))
    crowd = Crowd.of(blocks, 7)
    state, kept = crowd.begin(), []
    for _ in range(25):
        state, each = crowd.step(state, people=4, lr=0.5)
        kept.append(each["loss_shuffled"].item())
    x = torch.cat([blocks[:4].flatten(0, 1) / 255 - 0.5, torch.ones(24, 1)], 1)
    descent = lambda params: torch.optim.SGD(params, lr=0.5, momentum=0.9)  # noqa: E731
    for k, labels in enumerate((torch.arange(6).repeat(4), crowd.shuffled[:24])):
        weight, losses = trained_by_torch(torch.zeros(6, 229), x, labels, 25, descent)
        torch.testing.assert_close(state["weight"][k], weight, rtol=1e-3, atol=1e-5)
    assert kept == pytest.approx(losses, rel=1e-3)
    seen = crowd.look(state, people=4)
    others = torch.cat([blocks[7:].flatten(0, 1) / 255 - 0.5, torch.ones(12, 1)], 1)
    right = (others @ state["weight"][0].T).argmax(1) == torch.arange(6).repeat(2)
    assert seen["others_right_0"].item() == pytest.approx(100 * right.double().mean().item())


@pytest.mark.claims("S3-3d")
def test_more_people_help_where_pixels_tell_the_labels_and_not_where_labels_are_shuffled():
    text = (ROOT / "data/many_faces/blocks.json").read_text(encoding="utf-8")
    crowd, right = Crowd.of(read_blocks(text), 72), {}
    for people in (6, 72):
        state = crowd.begin()
        for _ in range(1000):
            state, _ = crowd.step(state, people, lr=1.0)
        seen = crowd.look(state, people)
        right[people] = [seen[f"others_right_{k}"].item() for k in range(2)]
    assert right[72][0] > 80 > 45 > right[6][0]
    assert all(8 < shuffled < 26 for _, shuffled in right.values())  # 100/6, 120 faces


def test_before_the_first_step_a_crowd_is_right_as_often_as_a_guess():
    crowd = Crowd.of(torch.randint(256, (3, 6, 228), generator=seeded()), 2)
    seen = crowd.look(crowd.begin(), people=2)
    for name in ("right_0", "right_1", "others_right_0", "others_right_1"):
        assert seen[name].item() == pytest.approx(100 / 6)
