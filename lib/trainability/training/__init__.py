"""Train many networks side by side, from several starts or draws at once."""

from trainability.training.deep import train_networks
from trainability.training.history import ClassifierHistory, History, TwoLayerHistory
from trainability.training.softmax import train_softmax
from trainability.training.stack import NetworkStack, random_start, relative_steps
from trainability.training.two_layer import DROPOUTS, outputs, train_two_layer

__all__ = [
    "DROPOUTS",
    "ClassifierHistory",
    "History",
    "NetworkStack",
    "TwoLayerHistory",
    "outputs",
    "random_start",
    "relative_steps",
    "train_networks",
    "train_softmax",
    "train_two_layer",
]
