"""Which page and section of the book explains each kind of finding."""

_SYMMETRY = "01_symmetry_breaking"
_ONE_VALUE = "01c_one_value"
_VARIANCE = "03_initialization_variance"
_WIDE = "03a_wide_networks"
_NUMBERS = "03b_numbers_end"
_CONDITIONING = "04_gradient_conditioning"
_RATES = "06_lars"
_FACES = "09_cafe"
_SPIKE = "09a_loss_spike"

# In the order in which causes come before their consequences.
LESSONS = {
    "nonfinite": (_NUMBERS, "Where numbers end"),
    "normalization_of_one": (_VARIANCE, "What normalization layers change"),
    "underflow": (_NUMBERS, "Where numbers end"),
    "softmax_over_one": (_ONE_VALUE, "Where one value for all weights is fine"),
    "double_softmax": (_FACES, "The derivation: how high the loss leaps"),
    "output_range": (_VARIANCE, "When is sigmoid right?"),
    "unscaled_inputs": (_SPIKE, "What lowers the loss spike, and what removes it"),
    "unscaled_targets": (_CONDITIONING, "What gradient descent feels"),
    "not_optimized": (_RATES, "Why layer by layer?"),
    "unused_parameters": (_RATES, "Why layer by layer?"),
    "frozen_parameters": (_RATES, "Why layer by layer?"),
    "duplicate_units": (_SYMMETRY, "The smallest failing example"),
    "exploding_signal": (_VARIANCE, "The signal, layer by layer"),
    "vanishing_signal": (_VARIANCE, "The signal, layer by layer"),
    "dead_units": (_VARIANCE, "What does ReLU do to this?"),
    "saturated_units": (_VARIANCE, "When is sigmoid right?"),
    "chaotic": (_WIDE, "The phase diagram"),
    "inputs_indistinguishable": (_WIDE, "The phase diagram"),
    "exploding_gradient": (_VARIANCE, "The signal, layer by layer"),
    "vanishing_gradient": (_VARIANCE, "The signal, layer by layer"),
    "ill_conditioned": (_CONDITIONING, "What gradient descent feels"),
    "rate_too_high": (_CONDITIONING, "What gradient descent feels"),
    "rate_too_low": (_RATES, "Why layer by layer?"),
}
KINDS = tuple(LESSONS)
