"""Train many networks side by side, or one whose depth is a setting."""

from trainability.training.backpropagation import (
    Backpropagation,
    backpropagate,
    draw_network,
)
from trainability.training.deep import train_networks
from trainability.training.deep_run import DeepRun
from trainability.training.history import ClassifierHistory, History, TwoLayerHistory
from trainability.training.softmax import train_softmax
from trainability.training.stack import NetworkStack, random_start, relative_steps
from trainability.training.two_layer import DROPOUTS, outputs, train_two_layer
from trainability.training.updates import OPTIMIZERS, fresh_memory, updated

__all__ = [
    "DROPOUTS",
    "OPTIMIZERS",
    "Backpropagation",
    "ClassifierHistory",
    "DeepRun",
    "History",
    "NetworkStack",
    "TwoLayerHistory",
    "backpropagate",
    "draw_network",
    "fresh_memory",
    "outputs",
    "random_start",
    "relative_steps",
    "train_networks",
    "train_softmax",
    "train_two_layer",
    "updated",
]
