"""LARS and LAMB on parameters that two processes share, against one process that has them whole."""

import os

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn

from trainability.optim import LAMB, LARS

SHAPES = [(7, 5), (4, 6), (3,), (2, 2)]
MAKE = {
    "LARS": lambda params: LARS(params, 3.0, weight_decay=0.01),
    "every variant": lambda params: LARS(
        params, 3.0, weight_decay=0.01, joint_norm=True, rate_outside=True, nesterov=True
    ),
    "without momentum": lambda params: LARS(params, 3.0, 0.0, weight_decay=0.01, maximize=True),
    "LAMB": lambda params: LAMB(params, 0.1, weight_decay=0.01),
}


def drawn(seed):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for shape in SHAPES]


def ends(make, place):
    """Weights and ratios after three steps, where ``place`` says where a tensor lies."""
    params = [place(index, start).requires_grad_() for index, start in enumerate(drawn(0))]
    optimizer = make(params)
    for count in range(1, 4):
        for index, (param, grad) in enumerate(zip(params, drawn(count), strict=True)):
            param.grad = place(index, grad)
        optimizer.step()
    return [param.detach() for param in params], optimizer.trust_ratios()


def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))


def trained(model):
    optimizer = LARS(model.parameters(), 10.0)
    for _ in range(3):
        optimizer.zero_grad()
        model(drawn(9)[0]).square().mean().backward()
        optimizer.step()
    assert {type(kept["momentum_buffer"]) for kept in optimizer.state.values()} == {
        type(param.data) for param in model.parameters()
    }
    return [param.detach() for param in model.parameters()]


def work(rank, store):
    from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard
    from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor

    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2"}
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    mesh = dist.init_device_mesh("cpu", (2,))
    places = [Shard(0), Shard(1), Shard(0), Replicate()]  # seven rows do not halve
    for name, make in MAKE.items():
        found, ratios = ends(make, lambda i, t: distribute_tensor(t, mesh, [places[i]]))
        expected, whole_ratios = ends(make, lambda _, t: t)
        assert all(isinstance(param, DTensor) for param in found)
        for a, b in zip(found, expected, strict=True):
            torch.testing.assert_close(a.full_tensor(), b, rtol=1e-5, atol=1e-6, msg=name)
        torch.testing.assert_close(ratios, whole_ratios, rtol=1e-5, atol=0)
    sharded = network()
    fully_shard(sharded, mesh=mesh)
    for a, b in zip(trained(sharded), trained(network()), strict=True):
        torch.testing.assert_close(a.full_tensor(), b, rtol=1e-5, atol=1e-6)
    param = distribute_tensor(torch.ones(4, 2), mesh, [Shard(0)]).requires_grad_()
    optimizer = LARS([param], 1.0)
    param.grad = distribute_tensor(torch.ones(4, 2), mesh, [Replicate()])
    try:
        optimizer.step()
    except RuntimeError as error:
        assert "type and sharding" in str(error)
    else:
        raise AssertionError("a gradient of another sharding was taken")
    try:
        LARS(FullyShardedDataParallel(network(), device_id=torch.device("cpu")).parameters(), 1.0)
    except ValueError as error:
        assert "fully_shard" in str(error)
    else:
        raise AssertionError("pieces of flattened parameters were taken")
    dist.destroy_process_group()


@pytest.mark.processes
def test_two_processes_that_share_the_parameters_step_as_one_that_has_them_whole(tmp_path):
    mp.spawn(work, (str(tmp_path / "store"),), nprocs=2)
