"""Classify emotions in faces: images, drawn stand-ins, the classifier, persons left out."""

from trainability.cafe.classifier import (
    CAFENet,
    fit,
    get_cafe_data,
    leave_one_person_out,
    weight_images,
)
from trainability.cafe.crowd import Crowd, read_blocks
from trainability.cafe.dataset import EMOTIONS, CafeFaces, load_cafe
from trainability.cafe.inner_face import energy_outside
from trainability.cafe.leave_one_out import LeftOut
from trainability.cafe.loss_spike import (
    descent_losses,
    largest_curvature,
    loss_after_first_step,
    share_outside_span,
)
from trainability.cafe.many_people import ManyPeople, read_many_people
from trainability.cafe.own_face import PEOPLE_TO_DRAW, OwnFace, muscles_of
from trainability.cafe.synthetic import synthetic_archive, synthetic_person, write_synthetic_cafe

__all__ = [
    "EMOTIONS",
    "PEOPLE_TO_DRAW",
    "CAFENet",
    "CafeFaces",
    "Crowd",
    "LeftOut",
    "ManyPeople",
    "OwnFace",
    "descent_losses",
    "energy_outside",
    "fit",
    "get_cafe_data",
    "largest_curvature",
    "leave_one_person_out",
    "load_cafe",
    "loss_after_first_step",
    "muscles_of",
    "read_blocks",
    "read_many_people",
    "share_outside_span",
    "synthetic_archive",
    "synthetic_person",
    "weight_images",
    "write_synthetic_cafe",
]
