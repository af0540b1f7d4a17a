"""The run on many processes: equal to one, killed and resumed, and clear when it cannot."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from trainability.comparisons import large_batch, processes
from trainability.comparisons.large_batch import Settings, check, main, train
from trainability.comparisons.processes import Process, RunError

ALONE = Process(0, 1, torch.device("cpu"))
MODULE = "trainability.comparisons.large_batch"
TORCHRUN = ["torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m"]


# The comparisons are of gloo, also on a machine with GPUs.
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


@pytest.fixture(autouse=True)
def no_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)


def command(*arguments: str, processes: int = 1) -> list[str]:
    start = [*TORCHRUN, MODULE] if processes == 2 else [MODULE]
    return [sys.executable, "-m", *start, *arguments]


def run(*arguments: str, processes: int = 1) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments, processes=processes),
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
        timeout=120,
    )


def weights(path: Path) -> dict[str, torch.Tensor]:
    return torch.load(path, weights_only=True)["model"]


@pytest.mark.processes
def test_two_processes_do_what_one_does_with_the_same_batch(tmp_path):
    paths = [tmp_path / "one.pt", tmp_path / "two.pt"]
    for count, path in enumerate(paths, start=1):
        options = ("--epochs", "3", "--checkpoint", str(path))
        done = run(*options, processes=count)
        assert done.returncode == 0, done.stderr
        match = re.search(r"(\d) processes, test accuracy (0\.\d{4})", done.stdout)
        assert match and int(match[1]) == count
        # A bar is drawn as often as time allows, but without a loss only as it begins.
        assert len(re.findall(r" 0/3 \[\S+, \S+\]", done.stderr)) == 1, (
            "one bar, whoever takes part"
        )
    one, two = (weights(path) for path in paths)
    for name in one:
        torch.testing.assert_close(one[name], two[name], rtol=1e-4, atol=1e-6)


@pytest.mark.processes
@pytest.mark.parametrize("processes", [1, 2])
def test_a_run_that_is_killed_and_resumed_ends_with_the_same_weights(tmp_path, processes):
    options = ("--epochs", "30", "--batch", "64", "--lr", "2")
    whole, broken = tmp_path / "whole.pt", tmp_path / "broken.pt"
    assert run(*options, "--checkpoint", str(whole), processes=processes).returncode == 0
    going = subprocess.Popen(
        command(*options, "--checkpoint", str(broken), processes=processes),
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    deadline = time.monotonic() + 60
    while not broken.exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    started = psutil.Process(going.pid)
    for process in [*started.children(recursive=True), started]:
        process.kill()
    going.wait()
    epochs = torch.load(broken, weights_only=True)["epochs"]
    assert 0 < epochs < 30, "the run was over before it could be killed"
    done = run(*options, "--checkpoint", str(broken), "--resume", processes=processes)
    assert done.returncode == 0, done.stderr
    assert f"{epochs}/30" in done.stderr, "the progress bar goes on where it was"
    for name, expected in weights(whole).items():
        assert torch.equal(weights(broken)[name], expected)


@pytest.mark.processes
def test_one_process_alone_draws_one_bar_and_learns(tmp_path):
    done = run("--epochs", "5")
    assert done.returncode == 0 and "5/5" in done.stderr
    assert float(done.stdout.split()[-1]) > 0.85


@pytest.mark.processes
def test_a_batch_that_does_not_divide_is_refused_on_many_processes():
    done = run("--batch", "511", processes=2)
    assert done.returncode != 0
    assert "--batch 511 does not divide among 2 processes; use a multiple of 2" in done.stderr


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch": 2048}, "there are 1024 examples"),
        ({"batch": 0}, "does not divide"),
        ({"epochs": 0}, "at least 1"),
        ({"lr": -1.0}, "positive and finite"),
        ({"lr": float("nan")}, "positive and finite"),
        ({"warm_up": 2.0}, "from 0 to 1"),
        ({"seed": -1}, "--seed -1 must be"),
    ],
)
def test_settings_out_of_range_are_refused_with_the_fix(settings, message):
    with pytest.raises(RunError, match=message):
        check(Settings(**settings), 1, 1024)


def test_a_checkpoint_of_another_run_is_refused(tmp_path, capsys):
    path = tmp_path / "run.pt"
    train(Settings(epochs=1), ALONE, path)
    assert main(["--epochs", "2", "--checkpoint", str(path), "--resume"]) == 2
    assert "is of another run (epochs 1)" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"junk", b"", {"settings": [1], "epochs": 2}, {"epochs": 1}])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, capsys, content):
    path = tmp_path / "run.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    assert main(["--checkpoint", str(path), "--resume"]) == 2
    assert "is not a checkpoint of this program" in capsys.readouterr().err


def test_resuming_without_a_checkpoint_yet_says_so_and_starts(tmp_path, capsys):
    path = tmp_path / "run.pt"
    assert main(["--epochs", "1", "--checkpoint", str(path), "--resume"]) == 0
    assert "does not exist yet: starting with the first epoch" in capsys.readouterr().err
    assert path.exists() and not list(tmp_path.glob("*.part"))


def test_places_that_cannot_hold_a_checkpoint_are_refused(tmp_path, capsys):
    assert main(["--checkpoint", str(tmp_path)]) == 2
    assert "is a folder; name a file" in capsys.readouterr().err
    assert main(["--checkpoint", str(tmp_path / "none" / "run.pt")]) == 2
    assert "make it first" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--resume"])
    assert "--resume needs --checkpoint" in capsys.readouterr().err


@pytest.mark.processes
def test_a_save_that_fails_is_told_and_leaves_the_last_checkpoint(tmp_path):
    path = tmp_path / "run.pt"
    train(Settings(epochs=1), ALONE, path)
    before = path.read_bytes()
    # A disk with room for a thousand bytes a file, as far as this process can tell.
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); "
    start = f"from {MODULE} import main; raise SystemExit(main())"
    options = ["--epochs", "1", "--checkpoint", str(path)]
    command = [sys.executable, "-c", limit + start, *options]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=ENVIRONMENT, timeout=120
    )
    message = done.stderr.strip().splitlines()[-1]
    assert message.startswith(f"error: {path} could not be written after epoch 1 ("), done.stderr
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert path.read_bytes() == before


def test_a_loss_that_is_not_finite_ends_the_run_in_one_sentence(tmp_path, capsys):
    path = tmp_path / "run.pt"
    given = ["--optimizer", "sgd", "--lr", "1e30", "--epochs", "2", "--checkpoint", str(path)]
    assert main(given) == 2
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert message.startswith(
        "error: the loss was nan after epoch 1; use a smaller --lr than 1e+30"
    )
    assert not path.exists()


@pytest.mark.processes
def test_two_processes_stop_together_when_the_loss_is_not_finite():
    done = run("--optimizer", "sgd", "--lr", "1e30", "--epochs", "2", processes=2)
    assert done.returncode != 0 and done.stdout == ""
    messages = set(re.findall(r"^error: .*$", done.stderr, flags=re.MULTILINE))
    assert len(messages) == 1 and "the loss was nan after epoch 1" in messages.pop()


@pytest.mark.parametrize(
    ("gpus", "message"),
    [
        (1, "there is 1 GPU here; use --nproc-per-node=1$"),
        (2, "there are 2 GPUs here; use --nproc-per-node=2 or fewer$"),
    ],
)
def test_more_processes_than_gpus_are_refused(monkeypatch, gpus, message):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(RunError, match=message), processes.process_group():
        pass


def test_on_gpus_each_process_takes_its_own_before_it_joins(monkeypatch):
    calls = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    for name, value in {"RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: calls.append(device))
    join = processes.dist.init_process_group
    monkeypatch.setattr(
        processes.dist, join.__name__, lambda kind, **given: calls.append((kind, given))
    )
    monkeypatch.setattr(processes.dist, "destroy_process_group", lambda: calls.append("left"))
    second = torch.device("cuda", 1)
    with processes.process_group() as process:
        assert process == Process(1, 2, second)
    assert calls == [second, ("nccl", {"device_id": second}), "left"]


def test_processes_that_found_different_checkpoints_are_stopped(monkeypatch):
    def gather(found, mine):
        found[:] = [mine, mine + 2]

    monkeypatch.setattr(processes.dist, "all_gather_object", gather)
    with pytest.raises(RunError, match=r"after \[0, 2\] epochs"):
        processes.agree(0, Process(0, 2, torch.device("cpu")))


@pytest.mark.parametrize("optimizer", large_batch.OPTIMIZERS)
def test_each_optimizer_learns_at_its_own_rate(optimizer):
    from trainability.comparisons import split_digits

    model = train(Settings(optimizer=optimizer), ALONE)
    assert large_batch.accuracy(model, *split_digits().test) > 0.88
