"""The supernet of chains: slices of its weights make the stand-alone networks, and random paths train it."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_images import tiny_arrays

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")

from torch.nn import functional  # noqa: E402

from nasbed.benchmarks.spaces.chain import ChainSpace  # noqa: E402
from nasbed.benchmarks.spaces.chain_layers import Shape, shapes  # noqa: E402
from nasbed.benchmarks.training.images import load_images  # noqa: E402
from nasbed.benchmarks.training.images.networks.chain_network import ChainNetworks  # noqa: E402
from nasbed.benchmarks.training.supernets.chain_supernet import SHARING, ChainSupernet, gathered  # noqa: E402
from nasbed.benchmarks.training.supernets.plan import METHODS, SupernetPlan  # noqa: E402
from nasbed.benchmarks.training.supernets.training import SupernetTraining  # noqa: E402
from nasbed.errors import OptionError  # noqa: E402
from nasbed.streams import stream  # noqa: E402

SPACE = ChainSpace(Shape(2, 8, 7))
TEXTS = [
    "conv 3x3 16 norm relu; max pool 2x2; conv 5x5 6 tanh; dense 64 norm elu; dense 32 tanh",
    "average pool 3x3; conv 3x3 64 valid elu",
    "conv 7x7 12 relu; conv 3x3 32 valid norm relu; max pool 2x2; dense 128 relu",
    "max pool 2x2",
]


def stand_alone(supernet: ChainSupernet, text: str) -> ChainNetworks:
    """The network that trains one chain by itself, with the weights that the supernet has for it."""
    space, held = supernet.space, supernet.weights.views()
    network = ChainNetworks(space.chain(space.parse(text)).layers, space.image, supernet.classes, [99])
    before, state = [space.image, *shapes(network.layers, space.image)], network.state_dict()
    feature = dense = 0
    for place, layer in enumerate(network.layers):
        shape = before[place]
        assert shape is not None
        if not layer.trains:
            feature += 1
            continue
        if layer.kind == "conv":
            feature += 1
            name, rim = f"layer {feature}", (7 - layer.size) // 2
            weight = held[name][: layer.width, : shape.channels, rim : 7 - rim, rim : 7 - rim]
        else:
            last = place == len(network.layers) - 1
            name = f"classifier after {dense}" if last else f"dense {dense + 1}"
            weight = held[name][: layer.width, : shape.channels]
            if weight.dim() == 4:
                weight = gathered(weight, shape.height, shape.width)
            weight, dense = weight.flatten(1), dense + 1
        state[f"weight{place}"] = weight
        for ours, theirs in (("scale", "scale"), ("shift", "shift")) if layer.norm else (("bias", "bias"),):
            state[f"{theirs}{place}"] = held[f"{name} {ours}"][: layer.width]
    network.load_state_dict(state)
    return network.train()


@pytest.mark.parametrize("text", TEXTS)
def test_a_chain_of_slices_is_the_stand_alone_network_with_the_same_weights(text: str) -> None:
    supernet = ChainSupernet(SPACE, 3, 1)
    images = torch.randn(5, 2, 8, 7, generator=torch.Generator().manual_seed(0))
    arch = SPACE.parse(text)
    wanted = stand_alone(supernet, text)(images)[:, 0]
    torch.testing.assert_close(supernet.path(images, arch, supernet.weights.views()), wanted, rtol=1e-4, atol=1e-5)
    ((place, scored),) = supernet.paths(images, [arch], supernet.weights.views())
    assert place == 0
    torch.testing.assert_close(scored, wanted, rtol=1e-4, atol=1e-5)


def test_maps_of_any_size_are_read_as_if_enlarged() -> None:
    weight, maps = torch.randn(4, 2, 8, 7), torch.randn(3, 2, 3, 2)
    large = functional.interpolate(maps, (8, 7), mode="nearest")
    wanted = functional.linear(large.flatten(1), weight.flatten(1))
    torch.testing.assert_close(functional.linear(maps.flatten(1), gathered(weight, 3, 2).flatten(1)), wanted)


def test_every_decision_of_the_architecture_says_what_it_shares() -> None:
    decisions = {decision.name.split(": ")[-1] for decision in SPACE.variables if decision.half == "architecture"}
    assert decisions == set(SHARING)


def test_random_chains_have_the_hyperparameters_of_the_default() -> None:
    supernet, rng = ChainSupernet(SPACE, 3, 0), stream(0, "test", "chains")
    default = SPACE.chain(SPACE.default)
    archs = [supernet.sample(rng) for _ in range(20)]
    assert {SPACE.chain(arch).training for arch in archs} == {default.training}
    assert len({SPACE.chain(arch).layers for arch in archs}) == 20
    table = supernet.uniform()
    assert table.sum(1) == pytest.approx(np.ones(len(SPACE.choices)))
    dropped = SPACE.parse("conv 3x3 64 relu dropout 0.25")
    images = torch.randn(4, 2, 8, 7, generator=torch.Generator().manual_seed(0))
    seeds = []
    for seed in (1, 1, 2):
        supernet.begin(seed)
        seeds.append(supernet.path(images, dropped, supernet.weights.views()))
    assert torch.equal(seeds[0], seeds[1])
    assert not torch.equal(seeds[0], seeds[2])


def test_a_supernet_of_chains_learns_and_goes_on_with_the_same_numbers() -> None:
    data, plan = load_images(tiny_arrays(90)), SupernetPlan("uniform", epochs=4, batch=16, candidates=5)
    space = ChainSpace(Shape(1, 6, 6))
    whole = SupernetTraining(plan, space, data, 0).run()
    assert whole.inherited(space.parse("conv 3x3 32 norm relu; dense 64 relu")) > 60
    begun = SupernetTraining(plan, space, data, 0).run(2)
    went_on = SupernetTraining(plan, space, data, 0)
    went_on.restore(begun.state())
    went_on.run()
    assert torch.equal(went_on.network.weights.vector, whole.network.weights.vector)
    assert went_on.derived() == whole.derived()


def test_what_chains_do_not_share_is_refused() -> None:
    data, space = load_images(tiny_arrays(90)), ChainSpace(Shape(1, 6, 6))
    for method in METHODS[1:]:
        with pytest.raises(
            OptionError, match=f"method = '{method}': a supernet of chains is trained by 'uniform' alone, .*rsps"
        ):
            SupernetTraining(SupernetPlan(method), space, data, 0)
    with pytest.raises(
        OptionError, match=r"operations = \['none', 'skip_connect'\] are those of cells; leave them out"
    ):
        SupernetTraining(SupernetPlan("uniform", operations=("none", "skip_connect")), space, data, 0)
    alone = space.subspace("hyperparameters", space.default)
    with pytest.raises(
        OptionError, match="searches hyperparameters alone, which no supernet holds; search the architecture"
    ):
        SupernetTraining(SupernetPlan("uniform"), alone, data, 0)
    with pytest.raises(OptionError, match=r"is for images of 8 x 8 pixels in 1 colours"):
        SupernetTraining(SupernetPlan("uniform"), ChainSpace(Shape(1, 8, 8)), data, 0)
