"""Any module of torch can be diagnosed, or a sentence says why not."""

import warnings
from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest
import torch
from samples import classifier, points, seeded
from torch import nn
from torch.utils.checkpoint import checkpoint

from trainability import diagnose


@pytest.fixture(autouse=True)
def drawn_from_a_seed():
    with seeded():
        yield


def named(report):
    """Return what is at least a warning."""
    return [(f.kind, f.severity) for f in report.findings if f.severity != "remark"]


@dataclass
class Structured:
    hidden: torch.Tensor
    logits: torch.Tensor


Pair = namedtuple("Pair", ["logits", "hidden"])


class Returning(nn.Module):
    """Returns its logits in a container."""

    def __init__(self, wrap):
        super().__init__()
        self.body, self.wrap = classifier(), wrap

    def forward(self, x):
        return self.wrap(self.body(x))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda logits: (logits, None),
        lambda logits: [logits],
        lambda logits: {"loss": None, "hidden": logits * 0, "logits": logits},
        lambda logits: OrderedDict(out=logits),
        lambda logits: Structured(logits * 0, logits),
        lambda logits: Pair(logits, logits * 0),
    ],
    ids=["tuple", "list", "mapping", "ordered", "dataclass", "namedtuple"],
)
def test_outputs_in_containers_are_those_of_the_plain_model(wrap):
    assert named(diagnose(Returning(wrap), *points())) == []
    with torch.no_grad():
        broken = Returning(wrap)
        for layer in (broken.body[2], broken.body[4]):
            layer.weight.fill_(0.1)
            layer.bias.zero_()
    assert "duplicate_units" in dict(named(diagnose(broken, *points())))


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(10, 8), nn.Linear(10, 4)
        self.head = nn.Linear(8, 4)

    def forward(self, x, y):
        return self.head(torch.relu(self.left(x))) + self.right(y)


@pytest.mark.parametrize("form", [tuple, list, lambda pair: dict(zip("xy", pair, strict=True))])
def test_inputs_are_passed_by_place_or_by_name(form):
    inputs, targets = points()
    assert named(diagnose(Two(), form((inputs, inputs.flip(0))), targets)) == []


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_floating_type_is_judged(dtype):
    inputs, targets = points()
    assert named(diagnose(classifier().to(dtype), inputs.to(dtype), targets)) == []


def test_shared_layers_and_parameters_count_once():
    shared = nn.Linear(10, 10)
    model = nn.Sequential(shared, nn.ReLU(), shared, nn.ReLU(), nn.Linear(10, 4))
    model[4].register_parameter("again", shared.bias)
    report = diagnose(model, *points())
    assert named(report) == [] and [row.name for row in report.layers] == ["0", "1", "3", "4"]


@pytest.mark.parametrize(
    "normalized",
    [nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm],
)
def test_parametrized_layers_are_judged(normalized):
    model = nn.Sequential(normalized(nn.Linear(10, 16)), nn.ReLU(), nn.Linear(16, 4))
    assert named(diagnose(model, *points())) == []


def test_checkpointed_layers_are_measured_once():
    class Checkpointed(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Sequential(nn.Linear(10, 16), nn.ReLU()), nn.Linear(16, 4)

        def forward(self, x):
            return self.head(checkpoint(self.body, x, use_reentrant=False))

    report = diagnose(Checkpointed(), *points())
    assert named(report) == []
    assert [row.name for row in report.layers] == ["body.0", "body.1", "head"]


def test_a_model_that_keeps_tensors_of_its_graph_and_a_generator_is_copied():
    class Keeps(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.generator = classifier(), torch.Generator().manual_seed(0)

        def forward(self, x):
            self.noise = torch.randn(x.shape, generator=self.generator)
            self.hidden = self.body(x + 0.01 * self.noise)
            return self.hidden

    model, (inputs, targets) = Keeps(), points()
    model(inputs)
    state, hidden = model.generator.get_state(), model.hidden
    assert named(diagnose(model, inputs, targets)) == []
    assert torch.equal(model.generator.get_state(), state) and model.hidden is hidden


@pytest.mark.parametrize(
    "rule",
    [
        lambda p: torch.optim.LBFGS(p, lr=0.1, max_iter=3),
        lambda p: torch.optim.SGD([{"params": p, "lr": 0.1}], momentum=0.9, nesterov=True),
        lambda p: torch.optim.Adagrad(p, lr=0.01),
        lambda p: torch.optim.RMSprop(p, lr=1e-3),
        lambda p: torch.optim.AdamW(p, amsgrad=True),
        lambda p: torch.optim.NAdam(p, lr=torch.tensor(1e-3).item()),
    ],
)
def test_optimizers_of_torch_take_their_own_steps(rule):
    model = classifier()
    report = diagnose(model, *points(), optimizer=rule(list(model.parameters())))
    assert named(report) == [] and report.layers[0].step > 0


def test_a_warm_up_that_begins_at_nothing_is_no_rate_too_low():
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: step / 100)
    assert optimizer.param_groups[0]["lr"] == 0
    assert named(diagnose(model, *points(), optimizer=optimizer)) == []


@pytest.mark.parametrize("axis", ["columns", "rows"])
def test_matrices_of_the_reader_s_own_are_judged(axis):
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.w1 = nn.Parameter(nn.init.xavier_normal_(torch.empty(10, 16)))
            self.w2 = nn.Parameter(nn.init.xavier_normal_(torch.empty(16, 4)))

        def forward(self, x):
            return torch.tanh(x @ self.w1) @ self.w2

    model = Own()
    assert named(diagnose(model, *points())) == []
    with torch.no_grad():
        model.w1.copy_((model.w1[:, :1] if axis == "columns" else model.w1[:1]).clone())
        model.w2.fill_(0.3)
    kinds = {f.kind for f in diagnose(model, *points()).findings}
    assert ("duplicate_units" in kinds) == (axis == "columns")


def test_a_saturated_recurrent_layer_is_seen():
    model = nn.RNN(10, 32, batch_first=True)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(20)
    report = diagnose(model, torch.randn(8, 20, 10), torch.rand(8, 20, 32) - 0.5)
    assert "saturated_units" in {f.kind for f in report.findings}


def test_no_parameters_and_no_layers_are_no_fault():
    report = diagnose(nn.ReLU(), *(torch.randn(8, 3) for _ in "ab"))
    assert report.findings == () and "no layer" in " ".join(report.cannot_say)


def test_what_a_single_example_cannot_tell_is_said():
    inputs, targets = points()
    report = diagnose(classifier(), inputs[:1], targets[:1])
    assert named(report) == [] and "two examples" in " ".join(report.cannot_say)


def test_evaluation_mode_is_named_and_does_not_hide_normalization():
    layers = [layer for _ in range(30) for layer in (nn.Linear(10, 10), nn.BatchNorm1d(10))]
    model = nn.Sequential(*layers, nn.Linear(10, 4)).eval()
    report = diagnose(model, *points())
    assert "vanishing_signal" not in {f.kind for f in report.findings}
    assert "evaluation mode" in " ".join(report.cannot_say)


def test_a_scripted_model_is_judged_from_outside_and_named_as_closed():
    class Host(nn.Module):
        def __init__(self):
            super().__init__()
            # Scripting is deprecated, and there are such models.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.body = torch.jit.script(nn.Sequential(nn.Linear(10, 8), nn.Tanh()))
            self.head = nn.Linear(8, 4)

        def forward(self, x):
            return self.head(self.body(x))

    report = diagnose(Host(), *points())
    assert named(report) == [] and 'inside "body"' in " ".join(report.cannot_say)


def test_a_compiled_model_is_judged_as_it_is_written():
    model = torch.compile(classifier(), backend="eager")
    inputs, targets = points()
    report = diagnose(model, 300 * inputs, targets)
    assert report.findings[0].kind == "unscaled_inputs"
    assert report.findings[0].where == ("_orig_mod.0",)
    assert "_orig_mod.0" in dict(model.named_modules())


def test_without_trials_a_gradient_that_only_begins_at_zero_is_no_fault(monkeypatch):
    monkeypatch.setattr("trainability.diagnostics.trial.MOST_OPERATIONS", 0)
    model = classifier()
    nn.init.zeros_(model[4].weight)  # nothing passes it before its first step
    report = diagnose(model, *points())
    assert named(report) == []
    assert any("too large for trials" in sentence for sentence in report.cannot_say)
    assert (
        'Whether a gradient reaches "0" and "2" after the first steps: now it is exactly zero.'
        in report.cannot_say
    )


class ScaledLinear(nn.Linear):
    """Standardizes its weights and scales each unit by a gain, which starts at one."""

    def __init__(self, inputs, units):
        super().__init__(inputs, units)
        self.gain = nn.Parameter(torch.ones(units, 1))

    def forward(self, x):
        spread = self.weight.std(dim=1, keepdim=True) * self.in_features**0.5
        return nn.functional.linear(x, self.gain * self.weight / spread, self.bias)


def test_gains_that_start_equal_are_no_equal_units():
    body = [ScaledLinear(10, 32), nn.ReLU(), ScaledLinear(32, 32), nn.ReLU()]
    model = nn.Sequential(*body, nn.Linear(32, 4))
    report = diagnose(model, *points())
    assert named(report) == []
    assert all(not layer.duplicates for layer in report.layers)
    with torch.no_grad():
        model[2].weight.copy_(model[2].weight[:1].expand_as(model[2].weight))
    (second,) = [layer for layer in diagnose(model, *points()).layers if layer.name == "2"]
    assert second.duplicates == 32


def test_layers_of_one_input_are_matrices_all_the_same():
    model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    nn.init.constant_(model[0].weight, 0.5)
    nn.init.constant_(model[0].bias, 0.5)
    nn.init.constant_(model[2].weight, 0.5)
    inputs, targets = points()[0][:, :1], points()[0][:, 1:2]
    kinds = {f.kind for f in diagnose(model, inputs, targets).findings}
    assert "duplicate_units" in kinds
