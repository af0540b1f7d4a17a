"""What each kind of finding means, and when it is suspected: the text of the page of kinds.

The thresholds are read from the checks, so that the page cannot say others.
"""

from trainability.diagnostics import rates
from trainability.diagnostics.checks import conditioning, data, gradients, signals, units

# For each kind, what is wrong, and when it is suspected and why; causes first.
MEANINGS = {
    "nonfinite": (
        "Numbers overflow or are undefined, in the data or in the model.",
        "An inf or nan in the loss, a weight or a gradient: one such gradient ruins every weight "
        "it reaches.",
    ),
    "normalization_of_one": (
        "A normalization layer takes statistics of a single number.",
        "Less its own mean, one number is zero whatever the input was.",
    ),
    "underflow": (
        "Numbers are too small for their type.",
        "The optimizer's eps becomes zero in the weights' type, or rounding undoes the first "
        "step of more than "
        f"{rates.UNMOVED:.0%} of the numbers of a 16-bit parameter.",
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
        "Logits need both signs and any size; of the targets, more than 1% lie outside of the "
        "range.",
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
        "Any. Severe where the optimizer knows none, or where a copy that trains them all "
        "learns and this one does not; else a warning.",
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
        "Units of a layer are copies of one another.",
        "Equal weights *and* equal gradients, before and after some steps; or one set of "
        "weights for all units, told apart by their biases or readers alone, if the trial "
        "confirms it. A matrix that starts at zero behind a random one is no fault.",
    ),
    "exploding_signal": (
        "The signal grows on its way.",
        f"Root mean square above {signals.LARGE:g} times the input's (or 1, if that is more) "
        f"inside, above {signals.LOGITS:g} times it in logits, above {signals.FAR:g} times it "
        f"and the targets' in a regression; or one layer that multiplies it by {signals.LEAP:g}.",
    ),
    "vanishing_signal": (
        "The signal fades on its way.",
        f"What the last layer reads is below {signals.SMALL:g} of the input's size (or of 1, if "
        f"that is less), or one layer passes on less than {signals.DROP:g}.",
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
        "Behind tanh or sigmoid, a small relative difference grows more than "
        f"{gradients.CHAOS:g}-fold, and a matrix matters more than {gradients.CHAOS:g} times as "
        "much as the last. At the edge of chaos it grows 1-fold.",
    ),
    "inputs_indistinguishable": (
        "The last layer reads almost the same from every input.",
        f"Mean 1 − cosine of two examples below {signals.ALIKE:g}, and below a hundredth of the "
        "inputs' own. L ReLU layers that keep the variance bring it to about 44/L²: .018 at L "
        "= 50.",
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
        f"Largest over median singular value above {conditioning.SPREAD:g}; it is about 2.5 in "
        f"a large random square matrix, and less in others. Of fewer than {conditioning.FEW} "
        f"singular values, largest over smallest above {conditioning.SPREAD_OF_FEW:g}.",
    ),
    "rate_too_high": (
        "The rate moves the weights too far.",
        f"Nothing is learned, or the first step is above {rates.LARGE_STEP:g} of a matrix's "
        "size (0.001 to 0.1 is usual); and a lower rate learns better. Above "
        f"{rates.OVERWRITES:g} it is always a warning.",
    ),
    "rate_too_low": (
        "The rate hardly moves the weights.",
        f"A first step below {rates.SMALL_STEP:g} of the weights' size, "
        "and a higher rate learns where this one does not.",
    ),
}
