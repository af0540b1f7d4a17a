"""Models of sequences, graphs and ratings without attention, written as people write them."""

from typing import Any

import torch
from attention_models import VOCABULARY
from torch import Tensor, nn
from torch.nn import functional
from vision_models import mlp


class Tagger(nn.Module):
    """Embedding, a recurrent layer, and a head over the last step."""

    def __init__(self, cell: type[nn.RNNBase], classes: int = 3, **options: Any) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, 32)
        self.rnn = cell(32, 64, batch_first=True, **options)
        self.fc = nn.Linear(64 * (2 if options.get("bidirectional") else 1), classes)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc(self.rnn(self.embed(tokens))[0][:, -1])


class Unrolled(nn.Module):
    """A cell called step by step, as people write characters' models."""

    def __init__(self) -> None:
        super().__init__()
        self.i2h, self.i2o = nn.Linear(VOCABULARY + 64, 64), nn.Linear(64, VOCABULARY)

    def forward(self, tokens: Tensor) -> Tensor:
        hidden = torch.zeros(len(tokens), 64)
        outputs = []
        for step in functional.one_hot(tokens, VOCABULARY).float().unbind(1):
            hidden = torch.tanh(self.i2h(torch.cat([step, hidden], dim=1)))
            outputs.append(self.i2o(hidden))
        return torch.stack(outputs, dim=1)


class TextCNN(nn.Module):
    """Convolutions of several widths over words, and the largest of each."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, 32, padding_idx=0)
        self.convs = nn.ModuleList(nn.Conv1d(32, 16, k) for k in (2, 3, 4))
        self.fc = nn.Linear(48, 3)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens).mT
        return self.fc(torch.cat([functional.relu(c(x)).amax(-1) for c in self.convs], dim=1))


class Experts(nn.Module):
    """A router, and two of four experts for each token."""

    def __init__(self) -> None:
        super().__init__()
        self.router = nn.Linear(20, 4)
        self.experts = nn.ModuleList(mlp(20, 64, 20) for _ in range(4))
        self.head = nn.Linear(20, 4)

    def forward(self, x: Tensor) -> Tensor:
        weights, chosen = self.router(x).softmax(-1).topk(2, dim=-1)
        out = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            rows, place = (chosen == number).nonzero(as_tuple=True)
            if len(rows):
                out = out.index_add(0, rows, weights[rows, place, None] * expert(x[rows]))
        return self.head(x + out)


class GraphNetwork(nn.Module):
    """Two graph convolutions over a fixed normalized adjacency."""

    def __init__(self, adjacency: Tensor) -> None:
        super().__init__()
        self.register_buffer("adjacency", adjacency)
        self.w1 = nn.Parameter(torch.empty(20, 32))
        self.w2 = nn.Parameter(torch.empty(32, 4))
        nn.init.xavier_uniform_(self.w1)
        nn.init.xavier_uniform_(self.w2)

    def forward(self, x: Tensor) -> Tensor:
        return self.adjacency @ torch.relu(self.adjacency @ x @ self.w1) @ self.w2


class Factorization(nn.Module):
    """Users and items, small vectors, biases that start at zero."""

    def __init__(self) -> None:
        super().__init__()
        self.user, self.item = nn.Embedding(40, 16), nn.Embedding(40, 16)
        self.bias = nn.Embedding(40, 1)
        nn.init.normal_(self.user.weight, std=0.1)
        nn.init.normal_(self.item.weight, std=0.1)
        nn.init.zeros_(self.bias.weight)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        return (self.user(users) * self.item(items)).sum(-1) + self.bias(items)[:, 0]
