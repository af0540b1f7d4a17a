"""Healthy models from other packages: their own code and start, small configurations, no weights.

It needs ``transformers``, ``timm``, ``torchvision`` and ``peft``, which the book does not.
"""

from collections.abc import Callable
from typing import Any

import peft
import timm
import torch
import torchvision
import transformers
from examples import Arguments, arguments_of, pictures, sentences
from torch import nn

VOCABULARY, LENGTH = 64, 24
Make = Callable[[torch.Generator], Arguments]
_WIDE = {"hidden_size": 64, "intermediate_size": 128}
_HEADS = {"num_attention_heads": 4, "num_hidden_layers": 4}
_SMALL = {"vocab_size": VOCABULARY, **_WIDE, **_HEADS}


def _decoder(name: str, **settings: Any) -> Make:
    """A language model that predicts the next token."""

    def make(g: torch.Generator) -> Arguments:
        config = getattr(transformers, f"{name}Config")(**settings)
        model = getattr(transformers, f"{name}{_HEADS_OF.get(name, 'ForCausalLM')}")(config)
        tokens, following = sentences(g, VOCABULARY, LENGTH)
        return arguments_of(model, ({"input_ids": tokens}, following), "adamw")

    return make


_HEADS_OF = {"GPT2": "LMHeadModel"}


def _classifier(name: str, **settings: Any) -> Make:
    """An encoder that tells three classes of sentences apart."""

    def make(g: torch.Generator) -> Arguments:
        config = getattr(transformers, f"{name}Config")(num_labels=3, **settings)
        model = getattr(transformers, f"{name}ForSequenceClassification")(config)
        tokens, following = sentences(g, VOCABULARY, LENGTH)
        labels = (following[:, 0] - tokens[:, 0]) % VOCABULARY - 1
        return arguments_of(model, ({"input_ids": tokens}, labels), "adamw")

    return make


def _translator(name: str, **settings: Any) -> Make:
    """An encoder and a decoder."""

    def make(g: torch.Generator) -> Arguments:
        config = getattr(transformers, f"{name}Config")(vocab_size=VOCABULARY, **settings)
        model = getattr(transformers, f"{name}ForConditionalGeneration")(config)
        tokens, following = sentences(g, VOCABULARY, LENGTH)
        given = {"input_ids": tokens, "decoder_input_ids": tokens}
        return arguments_of(model, (given, following), "adamw")

    return make


def _viewer(name: str, size: int = 32, **settings: Any) -> Make:
    """A classifier of pictures."""

    def make(g: torch.Generator) -> Arguments:
        config = getattr(transformers, f"{name}Config")(num_labels=10, **settings)
        model = getattr(transformers, f"{name}ForImageClassification")(config)
        images, labels = pictures(g, 3, size, batch=16)
        return arguments_of(model, ({"pixel_values": images}, labels), "adamw")

    return make


def _timm(name: str, optimizer: str = "adamw", size: int = 64, **settings: Any) -> Make:
    def make(g: torch.Generator) -> Arguments:
        model = timm.create_model(name, pretrained=False, num_classes=10, **settings)
        return arguments_of(model, pictures(g, 3, size, batch=16), optimizer)

    return make


def _torchvision(name: str, size: int = 64) -> Make:
    def make(g: torch.Generator) -> Arguments:
        model = getattr(torchvision.models, name)(weights=None, num_classes=10)
        return arguments_of(model, pictures(g, 3, size, batch=16), "sgd")

    return make


def _lora(g: torch.Generator) -> Arguments:
    config = transformers.GPT2Config(vocab_size=VOCABULARY, n_embd=64, n_layer=4, n_head=4)
    adapter = peft.LoraConfig(target_modules=["c_attn"], r=4, fan_in_fan_out=True)
    model: nn.Module = peft.get_peft_model(transformers.GPT2LMHeadModel(config), adapter)
    tokens, following = sentences(g, VOCABULARY, LENGTH)
    return arguments_of(model, ({"input_ids": tokens}, following), "adamw")


_T5 = {"d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 3, "num_heads": 4}
_T5 |= {"decoder_start_token_id": 0}
_BART = {"d_model": 64, "encoder_layers": 3, "decoder_layers": 3}
_BART |= {
    f"{side}_{part}": n
    for side in ("encoder", "decoder")
    for part, n in (("attention_heads", 4), ("ffn_dim", 128))
}
_PATCHES = {"image_size": 32, "patch_size": 8, **_WIDE, **_HEADS}
PACKAGED: dict[str, Make] = {
    "transformers GPT-2": _decoder("GPT2", vocab_size=VOCABULARY, n_embd=64, n_layer=4, n_head=4),
    "transformers GPT-2, 24 layers": _decoder(
        "GPT2", vocab_size=VOCABULARY, n_embd=64, n_layer=24, n_head=4
    ),
    "transformers GPT-NeoX": _decoder("GPTNeoX", **_SMALL),
    "transformers Llama": _decoder("Llama", **_SMALL),
    "transformers Mistral": _decoder("Mistral", num_key_value_heads=2, **_SMALL),
    "transformers Qwen2": _decoder("Qwen2", num_key_value_heads=2, **_SMALL),
    "transformers Gemma2": _decoder("Gemma2", num_key_value_heads=2, head_dim=16, **_SMALL),
    "transformers Phi": _decoder("Phi", **_SMALL),
    "transformers Mamba": _decoder(
        "Mamba", vocab_size=VOCABULARY, hidden_size=64, num_hidden_layers=4
    ),
    "transformers BERT": _classifier("Bert", **_SMALL),
    "transformers RoBERTa": _classifier("Roberta", **_SMALL),
    "transformers ELECTRA": _classifier("Electra", embedding_size=32, **_SMALL),
    "transformers DistilBERT": _classifier(
        "DistilBert", vocab_size=VOCABULARY, dim=64, n_layers=4, n_heads=4, hidden_dim=128
    ),
    "transformers DeBERTa": _classifier("DebertaV2", **_SMALL),
    "transformers T5": _translator("T5", **_T5),
    "transformers BART": _translator("Bart", **_BART),
    "transformers ViT": _viewer("ViT", **_PATCHES),
    "transformers DINOv2": _viewer("Dinov2", **_PATCHES),
    "transformers ConvNeXt": _viewer(
        "ConvNext", size=64, hidden_sizes=[16, 32, 64, 128], depths=[2, 2, 4, 2]
    ),
    "transformers ResNet": _viewer(
        "ResNet",
        size=64,
        embedding_size=16,
        hidden_sizes=[16, 32, 64, 128],
        depths=[1, 1, 1, 1],
        layer_type="basic",
    ),
    "peft LoRA on GPT-2": _lora,
    "timm ResNet-18, zero-gamma": _timm("resnet18", "sgd", zero_init_last=True),
    "timm ResNet-50": _timm("resnet50", "sgd"),
    "timm EfficientNet-lite0": _timm("efficientnet_lite0"),
    "timm MobileNetV3": _timm("mobilenetv3_small_050"),
    "timm DenseNet-121": _timm("densenet121", "sgd"),
    "timm ConvNeXt": _timm("convnext_atto"),
    "timm ViT": _timm("vit_tiny_patch16_224", img_size=64),
    "timm DeiT-III, LayerScale": _timm("deit3_small_patch16_224", img_size=64),
    "timm MLP-Mixer": _timm("mixer_s32_224", img_size=64),
    "timm RegNet": _timm("regnety_002", "sgd"),
    "timm NFNet, no normalization": _timm("dm_nfnet_f0", "sgd", size=64),
    "torchvision ResNet-18": _torchvision("resnet18"),
    "torchvision VGG-11, batch norm": _torchvision("vgg11_bn"),
    "torchvision MobileNetV2": _torchvision("mobilenet_v2"),
    "torchvision ShuffleNetV2": _torchvision("shufflenet_v2_x0_5"),
}
