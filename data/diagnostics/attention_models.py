"""Models of tokens and patches with attention, written as people write them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from vision_models import mlp

VOCABULARY, LENGTH = 61, 16


class Attention(nn.Module):
    """Heads of scaled dot products; causal where asked."""

    def __init__(self, width: int, heads: int = 4, causal: bool = False, bias: bool = True) -> None:
        super().__init__()
        self.c_attn = nn.Linear(width, 3 * width, bias=bias)
        self.c_proj = nn.Linear(width, width, bias=bias)
        self.heads, self.causal = heads, causal

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        shape = (batch, length, self.heads, width // self.heads)
        q, k, v = (part.view(shape).transpose(1, 2) for part in self.c_attn(x).chunk(3, dim=-1))
        out = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.c_proj(out.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    """A pre-norm block."""

    def __init__(self, width: int, causal: bool = False) -> None:
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(width), Attention(width, causal=causal)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = mlp(width, 4 * width, width, activation=nn.GELU)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


@dataclass
class Output:
    """What libraries return."""

    logits: Tensor
    hidden: Tensor


class GPT2(nn.Module):
    """GPT-2: pre-norm, learned positions, N(0, .02), residual layers scaled down, tied head."""

    def __init__(self, width: int = 64, layers: int = 4, structured: bool = False) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(VOCABULARY, width), nn.Embedding(LENGTH, width)
        self.drop = nn.Dropout(0.1)
        self.h = nn.ModuleList(Block(width, causal=True) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)
        self.lm_head = nn.Linear(width, VOCABULARY, bias=False)
        self.lm_head.weight = self.wte.weight
        self.structured = structured
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.ndim > 1:
                scaled = name.endswith(("c_proj.weight", "mlp.2.weight"))
                nn.init.normal_(parameter, std=0.02 / ((2 * layers) ** 0.5 if scaled else 1))

    def forward(self, input_ids: Tensor) -> Any:
        positions = torch.arange(input_ids.shape[1], device=input_ids.device)
        x = self.drop(self.wte(input_ids) + self.wpe(positions))
        for block in self.h:
            x = block(x)
        hidden = self.ln_f(x)
        logits = self.lm_head(hidden)
        return Output(logits, hidden) if self.structured else logits


class Bert(nn.Module):
    """Post-norm encoder with N(0, .02); classifies from a tanh of the first token."""

    def __init__(self, width: int = 64, layers: int = 4, classes: int = 3) -> None:
        super().__init__()
        self.word = nn.Embedding(VOCABULARY, width)
        self.position, self.kind = nn.Embedding(LENGTH, width), nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.attention = nn.ModuleList(Attention(width) for _ in range(layers))
        self.between = nn.ModuleList(nn.LayerNorm(width) for _ in range(2 * layers))
        self.feed = nn.ModuleList(
            mlp(width, 4 * width, width, activation=nn.GELU) for _ in range(layers)
        )
        self.pooler, self.classifier = nn.Linear(width, width), nn.Linear(width, classes)
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def forward(self, input_ids: Tensor, token_type_ids: Tensor) -> Mapping[str, Tensor]:
        positions = torch.arange(input_ids.shape[1])
        x = self.norm(self.word(input_ids) + self.position(positions) + self.kind(token_type_ids))
        for i, (attention, feed) in enumerate(zip(self.attention, self.feed, strict=True)):
            x = self.between[2 * i](x + attention(x))
            x = self.between[2 * i + 1](x + feed(x))
        return {"logits": self.classifier(torch.tanh(self.pooler(x[:, 0]))), "hidden": x}


class ViT(nn.Module):
    """Patches, a class token, learned positions, trunc_normal(.02), a head that starts at zero."""

    def __init__(self, width: int = 64, layers: int = 4, classes: int = 10) -> None:
        super().__init__()
        self.patch_embed = nn.Conv2d(3, width, 4, 4)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 17, width))
        self.blocks = nn.Sequential(*(Block(width) for _ in range(layers)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, classes)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        nn.init.normal_(self.cls_token, std=1e-6)
        nn.init.zeros_(self.head.weight)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed(x).flatten(2).mT
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


class RMSNorm(nn.Module):
    """As Llama and T5 write it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)


class LlamaBlock(nn.Module):
    """RMSNorm, rotary attention, and a gated SiLU."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (
            nn.Linear(width, width, bias=False) for _ in range(4)
        )
        self.gate_proj, self.up_proj = (nn.Linear(width, 2 * width, bias=False) for _ in "ab")
        self.down_proj = nn.Linear(2 * width, width, bias=False)
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(width), RMSNorm(width)
        self.heads = heads

    def rotated(self, x: Tensor) -> Tensor:
        half = x.shape[-1] // 2
        angles = torch.arange(x.shape[-2])[:, None] / 100 ** (torch.arange(half) / half)
        first, second = x.chunk(2, dim=-1)
        cos, sin = angles.cos(), angles.sin()
        return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)

    def forward(self, x: Tensor) -> Tensor:
        normal = self.input_layernorm(x)
        batch, length, width = x.shape
        shape = (batch, length, self.heads, width // self.heads)
        q, k, v = (
            proj(normal).view(shape).transpose(1, 2)
            for proj in (self.q_proj, self.k_proj, self.v_proj)
        )
        scores = self.rotated(q) @ self.rotated(k).mT / shape[-1] ** 0.5
        mask = torch.full((length, length), float("-inf")).triu(1)
        out = functional.softmax(scores + mask, dim=-1) @ v
        x = x + self.o_proj(out.transpose(1, 2).reshape(batch, length, width))
        normal = self.post_attention_layernorm(x)
        return x + self.down_proj(functional.silu(self.gate_proj(normal)) * self.up_proj(normal))


class Llama(nn.Module):
    """Llama's layers, N(0, .02), and a head of its own."""

    def __init__(self, width: int = 64, layers: int = 3) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(VOCABULARY, width)
        self.layers = nn.ModuleList(LlamaBlock(width) for _ in range(layers))
        self.norm, self.lm_head = RMSNorm(width), nn.Linear(width, VOCABULARY, bias=False)
        for parameter in self.parameters():
            if parameter.ndim > 1:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, input_ids: Tensor) -> Tensor:
        x = self.embed_tokens(input_ids)
        for layer in self.layers:
            x = layer(x)
        return self.lm_head(self.norm(x))


class T5(nn.Module):
    """Encoder and decoder without biases, unscaled dot products, and T5's own start."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.shared = nn.Embedding(VOCABULARY, width)
        names = ("enc", "dec", "cross")
        self.q = nn.ModuleDict({n: nn.Linear(width, width, bias=False) for n in names})
        self.kv = nn.ModuleDict({n: nn.Linear(width, 2 * width, bias=False) for n in names})
        self.o = nn.ModuleDict({n: nn.Linear(width, width, bias=False) for n in names})
        self.wi, self.wo = (
            nn.Linear(width, 4 * width, bias=False),
            nn.Linear(4 * width, width, bias=False),
        )
        self.norms = nn.ModuleDict({n: RMSNorm(width) for n in (*names, "mlp", "last")})
        nn.init.normal_(self.shared.weight)
        for name in names:
            nn.init.normal_(self.q[name].weight, std=(width * 16) ** -0.5)
            nn.init.normal_(self.kv[name].weight, std=width**-0.5)
            nn.init.normal_(self.o[name].weight, std=width**-0.5)
        nn.init.normal_(self.wi.weight, std=width**-0.5)
        nn.init.normal_(self.wo.weight, std=(4 * width) ** -0.5)

    def attend(self, name: str, x: Tensor, memory: Tensor | None = None) -> Tensor:
        normal = self.norms[name](x)
        key, value = self.kv[name](normal if memory is None else memory).chunk(2, dim=-1)
        scores = self.q[name](normal) @ key.mT
        if name == "dec":
            scores = scores + torch.full(scores.shape[-2:], -1e9).triu(1)
        return x + self.o[name](scores.softmax(-1) @ value)

    def forward(self, input_ids: Tensor, decoder_input_ids: Tensor) -> Output:
        memory = self.attend("enc", self.shared(input_ids))
        x = self.attend("cross", self.attend("dec", self.shared(decoder_input_ids)), memory)
        x = x + self.wo(torch.relu(self.wi(self.norms["mlp"](x))))
        hidden = self.norms["last"](x) * x.shape[-1] ** -0.5
        return Output(hidden @ self.shared.weight.T, hidden)


class LoRA(nn.Module):
    """A frozen linear layer beside two factors, the second of which starts at zero."""

    def __init__(self, base: nn.Linear, rank: int = 4) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.lora_A = nn.Linear(base.in_features, rank, bias=False)
        self.lora_B = nn.Linear(rank, base.out_features, bias=False)
        nn.init.kaiming_uniform_(self.lora_A.weight, a=5**0.5)
        nn.init.zeros_(self.lora_B.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + 2 * self.lora_B(self.lora_A(x))


class DiT(nn.Module):
    """Blocks whose shifts, scales and gates come from a layer that starts at zero."""

    def __init__(self, width: int = 64, layers: int = 2) -> None:
        super().__init__()
        self.proj = nn.Linear(8, width)
        self.time = mlp(width, width, width, activation=nn.SiLU)
        self.attn = nn.ModuleList(Attention(width) for _ in range(layers))
        self.mlp = nn.ModuleList(
            mlp(width, 4 * width, width, activation=nn.GELU) for _ in range(layers)
        )
        self.adaLN = nn.ModuleList(nn.Linear(width, 6 * width) for _ in range(layers))
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.final_adaLN, self.final = nn.Linear(width, 2 * width), nn.Linear(width, 8)
        for module in (*self.adaLN, self.final_adaLN, self.final):
            nn.init.zeros_(module.weight)
            nn.init.zeros_(module.bias)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        frequencies = torch.exp(-torch.arange(32) / 4)
        angles = t[:, None] * frequencies
        c = functional.silu(self.time(torch.cat([angles.cos(), angles.sin()], dim=-1)))
        x = self.proj(x)
        for attn, feed, layer in zip(self.attn, self.mlp, self.adaLN, strict=True):
            a, b, gate1, d, e, gate2 = layer(c)[:, None].chunk(6, dim=-1)
            x = x + gate1 * attn(self.norm(x) * (1 + b) + a)
            x = x + gate2 * feed(self.norm(x) * (1 + e) + d)
        shift, scale = self.final_adaLN(c)[:, None].chunk(2, dim=-1)
        return self.final(self.norm(x) * (1 + scale) + shift)
