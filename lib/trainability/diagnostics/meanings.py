"""What each kind of finding means, and when it is suspected: the text of the page of kinds.

The thresholds are read from the checks, so that the page cannot say others.
"""

from trainability.diagnostics import rates
from trainability.diagnostics.checks import conditioning, data, gradients, signals, units

# For each kind, what is wrong, and when it is suspected and why; causes first.
MEANINGS = {
    "nonfinite": (
        "Numbers overflow or are undefined, in the data or in the model.",
        "Any inf or nan: one such gradient ruins every weight it reaches.",
    ),
    "normalization_of_one": (
        "A normalization layer takes statistics of a single number.",
        "Less its own mean, one number is zero whatever the input was.",
    ),
    "underflow": (
        "Numbers are too small for their type.",
        "The optimizer's eps, or the step of more than "
        f"{rates.UNMOVED:.0%} of the weights, is rounded to zero.",
    ),
    "softmax_over_one": (
        "A softmax, or cross entropy, over a single number.",
        "Softmax of one number is 1, and no gradient passes it.",
    ),
    "double_softmax": (
        "Probabilities go into a loss that takes logits.",
        "Logits between 0 and 1 keep all probabilities near each other.",
    ),
    "output_range": (
        "The last function cannot return what loss or targets ask for.",
        "Logits need both signs and any size; targets must lie in the range.",
    ),
    "unscaled_inputs": (
        "The inputs are far from mean 0 and mean square 1.",
        f"Root mean square above {data.LARGE:g} (curvature grows with its "
        f"square) or all below {data.SMALL:g}; mean above {data.OFFSET:g} "
        f"standard deviations; a feature that varies {data.UNEVEN:g} times "
        "as much as the median one.",
    ),
    "unscaled_targets": (
        "The targets of a regression are far from size 1.",
        f"Root mean square above {data.LARGE:g} or below {data.SMALL:g}, "
        "where a fresh network returns numbers around 1.",
    ),
    "not_optimized": (
        "Parameters that require gradients are unknown to the optimizer.",
        "Any; it is severe where that alone explains why nothing is learned.",
    ),
    "unused_parameters": (
        "The forward pass, or the gradient, does not reach parameters.",
        "Any without a path to the loss.",
    ),
    "frozen_parameters": (
        "Parameters do not require gradients.",
        "A remark where something is left to train, as in fine-tuning; a "
        "fault where nothing is, or only biases and scales of "
        "normalization.",
    ),
    "duplicate_units": (
        "Units of a layer are copies of one another, and stay so.",
        "Equal weights *and* equal gradients. A matrix that starts at zero "
        "behind a random one has equal weights and no fault.",
    ),
    "exploding_signal": (
        "The signal grows on its way.",
        f"More than {signals.LARGE:g} times the input's size within, or "
        f"logits above {signals.LOGITS:g}: starts that keep the variance "
        "stay within 10.",
    ),
    "vanishing_signal": (
        "The signal fades on its way.",
        f"Below {signals.SMALL:g} of the input's size before the last layer, "
        f"or below {signals.DROP:g} in a single one.",
    ),
    "dead_units": (
        "ReLU units are zero on every example.",
        f"More than {units.DEAD:.0%} of a layer, on {units.LEAST_ROWS} "
        "examples or more. Half is usual in a deep layer.",
    ),
    "saturated_units": (
        "Outputs lie where tanh or sigmoid is flat.",
        f"More than {units.SATURATED:.0%} of them, with a slope below a twentieth of the steepest.",
    ),
    "chaotic": (
        "Near inputs part exponentially with depth, and gradients grow.",
        f"A small difference grows {gradients.CHAOS:g}-fold; 1 is the edge of chaos.",
    ),
    "inputs_indistinguishable": (
        "The last layer reads almost the same from every input.",
        f"1 − cosine below {signals.ALIKE:g}. ReLU layers that keep the "
        "variance bring it to about 44/L²: .018 after fifty.",
    ),
    "exploding_gradient": (
        "The first layers' gradients dwarf the last one's.",
        f"A relative change of a layer matters {gradients.EXPLODED:g} times "
        "as much as one of the last.",
    ),
    "vanishing_gradient": (
        "The first layers' gradients are lost.",
        f"A relative change matters less than {gradients.VANISHED:g} of what "
        "the largest does, or exactly nothing.",
    ),
    "ill_conditioned": (
        "A matrix stretches a few directions far more than the others.",
        f"Largest over median singular value above {conditioning.SPREAD:g}; "
        "it is 2.5 in a random matrix of any size.",
    ),
    "rate_too_high": (
        "The rate moves the weights too far.",
        "A lower rate learns where this one does not. 0.001 to 0.1 of a "
        "matrix's size is a usual first step.",
    ),
    "rate_too_low": (
        "The rate hardly moves the weights.",
        f"A first step below {rates.SMALL_STEP:g} of the weights' size, "
        "and a higher rate learns where this one does not.",
    ),
}
