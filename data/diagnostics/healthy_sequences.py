"""Healthy models of sequences, tokens and graphs, with the data and optimizers people give them."""

from typing import Any

import torch
from attention_models import GPT2, LENGTH, T5, VOCABULARY, Bert, DiT, Llama, LoRA, ViT
from examples import Arguments, arguments_of, clusters, curve, pictures, sentences
from sequence_models import Experts, Factorization, GraphNetwork, Tagger, TextCNN, Unrolled
from torch import Tensor, nn
from torch.nn import functional
from vision_models import mlp


def _classes(g: torch.Generator) -> tuple[Tensor, Tensor]:
    tokens, following = sentences(g, VOCABULARY, LENGTH)
    return tokens, (following[:, 0] - tokens[:, 0]) % VOCABULARY - 1


def _bert(g: torch.Generator) -> Arguments:
    tokens, labels = _classes(g)
    inputs = {"input_ids": tokens, "token_type_ids": torch.zeros_like(tokens)}
    return arguments_of(Bert(), (inputs, labels), "adamw")


def _t5(g: torch.Generator) -> Arguments:
    tokens, following = sentences(g, VOCABULARY, LENGTH)
    inputs = {"input_ids": tokens, "decoder_input_ids": tokens}
    return arguments_of(T5(), (inputs, following), "adamw")


def _gpt2_mapping(g: torch.Generator) -> Arguments:
    tokens, following = sentences(g, VOCABULARY, LENGTH)
    return arguments_of(GPT2(structured=True), ({"input_ids": tokens}, following))


def _lora(g: torch.Generator) -> Arguments:
    model = mlp(20, 64, 64, 4)
    model.requires_grad_(False)
    for place in (0, 2, 4):
        model[place] = LoRA(model[place])
    return arguments_of(model, clusters(g, 20), "adam")


def _lora_attention(g: torch.Generator) -> Arguments:
    model = GPT2()
    model.requires_grad_(False)
    for block in model.h:
        block.attn.c_attn = LoRA(block.attn.c_attn)
    return arguments_of(model, sentences(g, VOCABULARY, LENGTH), "adam")


def _dit(g: torch.Generator) -> Arguments:
    noise = torch.randn(16, 12, 8, generator=g)
    times = torch.randint(1000, (16,), generator=g).float()
    return arguments_of(DiT(), ((noise, times), 0.5 * noise), "adamw")


def _encoder(norm_first: bool, layers: int) -> Any:
    def make(g: torch.Generator) -> Arguments:
        class Encoder(nn.Module):
            """torch's own encoder between an embedding and a mean."""

            def __init__(self) -> None:
                super().__init__()
                layer = nn.TransformerEncoderLayer(
                    64, 4, 128, batch_first=True, norm_first=norm_first
                )
                self.embed = nn.Embedding(VOCABULARY, 64)
                self.position = nn.Embedding(LENGTH, 64)
                self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
                self.head = nn.Linear(64, 3)

            def forward(self, tokens: Tensor) -> Tensor:
                x = self.embed(tokens) + self.position(torch.arange(tokens.shape[1]))
                return self.head(self.encoder(x).mean(1))

        return arguments_of(Encoder(), _classes(g), "adam")

    return make


def _graph(g: torch.Generator) -> Arguments:
    inputs, labels = clusters(g, 20)
    edges = (torch.rand(64, 64, generator=g) < 0.05) & (labels[:, None] == labels)
    adjacency = (edges | edges.T | torch.eye(64, dtype=torch.bool)).float()
    scale = adjacency.sum(1).rsqrt()
    model = GraphNetwork(scale[:, None] * adjacency * scale)
    return arguments_of(model, (inputs, labels), "adam")


def _ratings(g: torch.Generator) -> Arguments:
    users, items = (torch.randint(40, (128,), generator=g) for _ in "ab")
    ratings = torch.randn(128, generator=g)
    return arguments_of(Factorization(), ((users, items), ratings))


def _forecast(g: torch.Generator) -> Arguments:
    phase = 6 * torch.rand(32, 1, generator=g)
    series = torch.sin(phase + 0.4 * torch.arange(25))[..., None]

    class Forecast(nn.Module):
        """An LSTM over a series, time first."""

        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.fc = nn.LSTM(1, 32), nn.Linear(32, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.lstm(x.transpose(0, 1))[0][-1])

    return arguments_of(Forecast(), (series[:, :-1], series[:, -1]), "adam")


def _value_network(g: torch.Generator) -> Arguments:
    inputs, targets = curve(g, 6)
    return arguments_of(mlp(6, 64, 64, 1), (inputs, targets), "adam", loss=nn.SmoothL1Loss())


def _distilled(g: torch.Generator) -> Arguments:
    images, _ = pictures(g, 3, 16)
    teacher = torch.randn(32, 10, generator=g).softmax(1)

    def loss(output: Tensor, targets: Tensor) -> Tensor:
        return functional.kl_div(output.log_softmax(1), targets, reduction="batchmean")

    return arguments_of(ViT(), (images, teacher), "adamw", loss=loss)


HEALTHY = {
    "gpt2": lambda g: arguments_of(GPT2(), sentences(g, VOCABULARY, LENGTH), "adamw"),
    "gpt2_mapping": _gpt2_mapping,
    "gpt2_deep": lambda g: arguments_of(GPT2(layers=12), sentences(g, VOCABULARY, LENGTH)),
    "bert": _bert,
    "vit": lambda g: arguments_of(ViT(), pictures(g, 3, 16), "adamw"),
    "vit_distilled": _distilled,
    "t5": _t5,
    "llama": lambda g: arguments_of(Llama(), sentences(g, VOCABULARY, LENGTH), "adamw"),
    "encoder_prenorm": _encoder(norm_first=True, layers=4),
    "encoder_postnorm": _encoder(norm_first=False, layers=2),
    "lora": _lora,
    "lora_gpt2": _lora_attention,
    "dit": _dit,
    "lstm": lambda g: arguments_of(Tagger(nn.LSTM), _classes(g), "adam"),
    "lstm_forecast": _forecast,
    "gru_bidirectional": lambda g: arguments_of(
        Tagger(nn.GRU, bidirectional=True, num_layers=2), _classes(g), "adam"
    ),
    "rnn_unrolled": lambda g: arguments_of(Unrolled(), sentences(g, VOCABULARY, LENGTH)),
    "textcnn": lambda g: arguments_of(TextCNN(), _classes(g), "adam"),
    "experts": lambda g: arguments_of(Experts(), clusters(g, 20), "adam"),
    "graph": _graph,
    "factorization": _ratings,
    "value_network": _value_network,
}
