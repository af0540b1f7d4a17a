"""Compare what helps a classifier that has seen six drawn people, and write remedies.json.

Run it from anywhere, ``.venv/bin/python data/few_people/make.py``: about fifteen minutes.
"""

import json
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from trainability.cafe import CAFENet, synthetic_person
from trainability.datafiles import write_data
from trainability.training import train_softmax

FILE = Path(__file__).with_name("remedies.json")
DRAWS, PEOPLE, POOL_OF_PEOPLE, TEST_PEOPLE = list(range(16)), 6, 850, 150
PIXELS, EPOCHS, LR = 380 * 240, 200, 0.001
STOPS = [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 200]
DECAYS = [0.0, 3.0, 10.0, 30.0, 100.0]
BLOCKS = [20, 10, 5]
INNER = (100, 300, 40, 200)  # rows and columns of brows, eyes, nose and mouth
NOTES = {
    "what": "Right answers among 900 faces of 150 drawn people, of softmax classifiers that "
    "learned the six faces of each of six other drawn people.",
    "axes": "test[remedy][draw]. chosen[remedy][draw] is what leaving out one of the six "
    "people at a time chose: a number of epochs, or a decay of the weights.",
    "training": "Adam, all faces in each of 200 epochs, from the start that CAFENet draws with "
    "the draw as seed; pixels over 255; float32. The rate is 0.001 for 91,200 inputs, and for "
    "fewer so much higher that a first step moves the logits as far.",
    "people": "Those of trainability.cafe.synthetic_person(index): draw 0 takes index 0 to 5 "
    "(twelve people: 0 to 11); draw d takes the first of torch.randperm(850) with seed d. The "
    "test people are index 850 to 999.",
    "origin": "Computed by make.py; see README.md.",
    "license": "CC BY 4.0",
}


def people_of(draw: int, count: int) -> list[int]:
    """Return the people of one draw; those of a smaller count come first."""
    if draw == 0:
        return list(range(count))
    order = torch.randperm(POOL_OF_PEOPLE, generator=torch.Generator().manual_seed(draw))
    return order[:count].tolist()


def faces_of(people: list[int]) -> Tensor:
    """Return the faces of people, shape (6 n, 380, 240), from 0 to 1."""
    return torch.cat([torch.from_numpy(synthetic_person(k)) for k in people]).float() / 255


def start_of(draw: int, features: int) -> tuple[Tensor, Tensor]:
    """Return a start as ``nn.Linear`` draws it."""
    if features == PIXELS:
        linear = CAFENet(torch.Generator().manual_seed(draw)).linear
        return linear.weight.detach()[None], linear.bias.detach()[None]
    bound = features**-0.5
    drawn = torch.rand(1, 6, features + 1, generator=torch.Generator().manual_seed(draw))
    drawn = (2 * drawn - 1) * bound
    return drawn[..., :-1].contiguous(), drawn[..., -1].contiguous()


def right(weights: Tensor, biases: Tensor, inputs: Tensor) -> Tensor:
    """Return which answers are right, shape (n,), for rows in the order of ``faces_of``."""
    labels = torch.arange(6).repeat(len(inputs) // 6)
    return (inputs @ weights.T + biases).argmax(1) == labels


def trained(inputs: Tensor, draw: int, decay: float = 0.0, keep: Tensor | None = None):
    """Return the weights and biases after each of ``STOPS``, of one classifier or a fold each."""
    labels = torch.arange(6).repeat(len(inputs) // 6)
    start = start_of(draw, inputs.shape[1])
    if keep is not None:
        start = tuple(part.expand(len(keep), *part.shape[1:]).contiguous() for part in start)
    lr = LR * PIXELS / inputs.shape[1]
    adam = partial(torch.optim.AdamW, lr=lr, weight_decay=decay, fused=True)
    path = train_softmax(*start, inputs, labels, EPOCHS, keep=keep, optimizer=adam, record=STOPS)
    return path.weights[0], path.biases[0]


def left_out(inputs: Tensor, draw: int, decay: float = 0.0) -> list[int]:
    """Return how many faces of people left out are right after each of ``STOPS``."""
    person = torch.arange(len(inputs)) // 6
    keep = person != torch.arange(PEOPLE)[:, None]
    weights, biases = trained(inputs, draw, decay, keep)
    return [
        sum(
            int(right(weights[k, at], biases[k, at], inputs)[~keep[k]].sum()) for k in range(PEOPLE)
        )
        for at in range(len(STOPS))
    ]


def remedies(faces: Tensor, twelve: Tensor, test: Tensor, draw: int) -> tuple[dict, dict]:
    """Return how many test faces are right with each remedy, and what was chosen on the way."""
    flat, others = faces.flatten(1), test.flatten(1)

    def score(inputs: Tensor, held: Tensor, decay: float = 0.0, at: int = -1) -> int:
        weights, biases = trained(inputs, draw, decay)
        return int(right(weights[0, at], biases[0, at], held).sum())

    found = {"as the sheet asks": score(flat, others)}
    found["minus a half"] = score(flat - 0.5, others - 0.5)
    mean = flat.mean(0)
    found["minus the mean face"] = score(flat - mean, others - mean)
    found["each image leveled"] = score(leveled(flat), leveled(others))
    for block in BLOCKS:
        small, small_test = (avg_pool2d(x[None], block)[0].flatten(1) for x in (faces, test))
        found[f"blocks of {block} by {block}"] = score(small, small_test)
    top, bottom, left, right_end = INNER
    inner = [x[:, top:bottom, left:right_end].flatten(1) for x in (faces, test)]
    found["inner face only"] = score(*inner)
    scores = left_out(flat, draw)
    stop = max(range(len(STOPS)), key=lambda at: (scores[at], -at))
    found["stopped early"] = score(flat, others, at=stop)
    tried = [scores[-1], *(left_out(flat, draw, decay)[-1] for decay in DECAYS[1:])]
    decay = DECAYS[max(range(len(DECAYS)), key=lambda k: (tried[k], k))]
    found["weights decay"] = score(flat, others, decay)
    found["twelve people"] = score(twelve.flatten(1), others)
    return found, {"stopped early": STOPS[stop], "weights decay": decay}


def leveled(flat: Tensor) -> Tensor:
    """Return each image less its mean, over its standard deviation."""
    return (flat - flat.mean(1, keepdim=True)) / flat.std(1, keepdim=True)


def main() -> None:
    """Draw everybody, try every remedy for every draw, and put the file in place."""
    test = faces_of(list(range(POOL_OF_PEOPLE, POOL_OF_PEOPLE + TEST_PEOPLE)))
    rows = []
    for draw in DRAWS:
        twelve = faces_of(people_of(draw, 2 * PEOPLE))
        rows.append(remedies(twelve[: 6 * PEOPLE], twelve, test, draw))
        print(f"draw {draw}: {rows[-1]}", flush=True)
    table = {
        "test": {name: [found[name] for found, _ in rows] for name in rows[0][0]},
        "chosen": {name: [chosen[name] for _, chosen in rows] for name in rows[0][1]},
    }
    head = {
        **NOTES,
        "versions": {"torch": torch.__version__},
        "settings": {"epochs": EPOCHS, "lr": LR, "stops": STOPS, "decays": DECAYS},
        "draws": DRAWS,
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in (head | table).items()]
    print(write_data(FILE, "{\n" + ",\n".join(lines) + "\n}\n"), FILE)


if __name__ == "__main__":
    main()
