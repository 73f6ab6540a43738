"""The supernet of the cell: against stand-alone networks, and its gradients against finite differences."""

from __future__ import annotations

import re

import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")

from torch.nn import functional  # noqa: E402

from nasbed.benchmarks.spaces.cell_network import NetworkShape  # noqa: E402
from nasbed.benchmarks.spaces.nasbench201 import EDGES  # noqa: E402
from nasbed.benchmarks.training.images.networks.cell_network import Networks  # noqa: E402
from nasbed.benchmarks.training.supernets.cell_supernet import CellSupernet  # noqa: E402
from nasbed.benchmarks.training.supernets.gdas import hard_gumbel  # noqa: E402
from nasbed.benchmarks.training.supernets.pc_darts import normalised_edges  # noqa: E402
from nasbed.errors import ArchitectureError, OptionError  # noqa: E402
from nasbed.vocabulary import Arch  # noqa: E402

SMALL = NetworkShape(channels=4, cells=1, stages=1, classes=3, pixels=6, colours=1)
DEEP = NetworkShape(channels=4, cells=2, stages=3, classes=7, pixels=16, colours=3)
ARCHS: list[Arch] = [
    (3, 3, 3, 3, 3, 3), (1, 2, 4, 0, 3, 1), (4, 4, 4, 4, 4, 4), (0, 0, 0, 1, 0, 0), (2, 0, 3, 0, 1, 2), (3, 0, 0, 0, 0, 0)
]  # fmt: skip


def images_for(shape: NetworkShape, count: int = 6, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, shape.colours, shape.pixels, shape.pixels, generator=generator, dtype=dtype)


def stand_alone(supernet: CellSupernet, arch: Arch) -> Networks:
    """The network that trains one cell by itself, with the weights that the supernet has for it."""
    shape, held = supernet.shape, supernet.weights.views()
    network = Networks([arch], shape, 99)
    state = network.state_dict()
    state["stem.weight"] = held["stem"]
    for name, norm in (("stem", "stem.norm"), ("last", "norm")):
        state[f"{norm}.weight"], state[f"{norm}.bias"] = held[f"{name} scale"], held[f"{name} shift"]
    for stage in range(shape.stages):
        if stage:
            for part in ("first", "second"):
                state[f"stages.{stage}.0.{part}.weight"] = held[f"reduction {stage} {part}"]
            state[f"stages.{stage}.0.shortcut"] = held[f"reduction {stage} shortcut"]
        for cell in range(shape.cells):
            width, number = shape.widths[stage], stage * shape.cells + cell
            for edge, code in enumerate(arch):
                source = EDGES[edge][0]
                if code in (2, 3):
                    kernel = {2: 1, 3: 3}[code]
                    leaving = [other for other, (start, _) in enumerate(EDGES) if start == source]
                    all_of_them = held[f"cell {number}, from {source}, {kernel}x{kernel}"].split(width)
                    place = f"stages.{stage}.{cell + bool(stage)}.convolutions.{edge}-{code}.weight"
                    state[place] = all_of_them[leaving.index(edge)]
    state["head.weight"], state["head.bias"] = held["head"][None], held["head shift"][None]
    network.load_state_dict(state)
    return network.train()


@pytest.mark.parametrize("shape", [SMALL, DEEP], ids=["one stage", "three stages"])
def test_a_path_is_the_stand_alone_network_with_the_same_weights(shape: NetworkShape) -> None:
    supernet, images = CellSupernet(shape, 1), images_for(shape)
    found = dict(supernet.paths(images, ARCHS, supernet.weights.views()))
    for place, arch in enumerate(ARCHS):
        alone = stand_alone(supernet, arch)(images)[:, 0]
        path = supernet.path(images, arch, supernet.weights.views())
        torch.testing.assert_close(path, alone, rtol=1e-4, atol=1e-5)
        assert torch.equal(found[place], path), "many cells at once are each what it is alone"
        one_hot = functional.one_hot(torch.tensor(arch), 5).float()
        mixed = supernet.mixture(images, one_hot, supernet.weights.views())
        torch.testing.assert_close(mixed, alone, rtol=1e-4, atol=1e-5)


def plain_partial(supernet: CellSupernet, x: torch.Tensor, mixing: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
    """The one cell with partial channels, as the paper writes it: mixed, joined, shuffled, weighted, edge by edge."""
    held, parts = supernet.weights.views(), supernet.parts
    nodes = [x, *(torch.zeros_like(x) for _ in range(3))]
    width = x.shape[1] // parts
    for edge, (source, target) in enumerate(EDGES):
        leaving = [other for other, (start, _) in enumerate(EDGES) if start == source]
        part = nodes[source][:, :width]
        convolved = []
        for kernel in (1, 3):
            weight = held[f"cell 0, from {source}, {kernel}x{kernel}"].split(width)[leaving.index(edge)]
            out = functional.conv2d(torch.relu(part), weight, padding=kernel // 2)
            convolved.append(
                (out - out.mean((0, 2, 3), keepdim=True)) / (out.var((0, 2, 3), False, keepdim=True) + 1e-5).sqrt()
            )
        operations = [0 * part, part, *convolved, functional.avg_pool2d(part, 3, 1, 1, count_include_pad=False)]
        mixed = sum(weight * operation for weight, operation in zip(mixing[edge], operations, strict=True))
        whole = torch.cat([mixed, nodes[source][:, width:]], 1)
        order = [group * width + place for place in range(width) for group in range(parts)]
        nodes[target] = nodes[target] + edges[edge] * whole[:, order]
    return nodes[3]


def test_partial_channels_are_those_of_the_paper() -> None:
    supernet = CellSupernet(SMALL, 2, parts=2, dtype=torch.float64)
    x = torch.randn(5, 4, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    weights = torch.randn(36, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    mixing, edges = weights[:30].view(6, 5).softmax(1), normalised_edges(weights[30:])
    assert [round(float(edges[list(into)].sum()), 9) for into in ((0,), (1, 2), (3, 4, 5))] == [1, 1, 1]
    ours = supernet._mixed(supernet.weights.views(), mixing, 0.0, edges, 0, x)
    torch.testing.assert_close(ours, plain_partial(supernet, x, mixing, edges))
    arch = (3, 0, 1, 4, 2, 0)
    one_hot = functional.one_hot(torch.tensor(arch), 5).double()
    path = supernet._along(supernet.weights.views(), arch, None, edges, 0, x)
    torch.testing.assert_close(path, plain_partial(supernet, x, one_hot, edges))


@pytest.mark.parametrize(
    ("parts", "auxiliary", "codes"), [(1, 0.0, range(5)), (1, 0.7, (0, 2, 3)), (2, 0.0, range(5)), (1, 0.0, (1, 4))]
)
def test_gradients_of_relaxed_cells_are_finite_differences(parts: int, auxiliary: float, codes: range) -> None:
    supernet = CellSupernet(SMALL, 3, codes, parts, torch.float64)
    images, labels = images_for(SMALL, 4, torch.float64), torch.tensor([0, 1, 2, 0])
    generator = torch.Generator().manual_seed(5)
    alphas = torch.randn(6, len(codes), dtype=torch.float64, generator=generator).requires_grad_()
    further = torch.randn(6, dtype=torch.float64, generator=generator).requires_grad_()

    def loss(alphas: torch.Tensor, further: torch.Tensor) -> torch.Tensor:
        edges = normalised_edges(further)
        views = supernet.weights.views()
        return functional.cross_entropy(supernet.mixture(images, alphas.softmax(1), views, auxiliary, edges), labels)

    assert torch.autograd.gradcheck(loss, (alphas, further), eps=1e-6, atol=1e-6, rtol=1e-3)
    if parts == 1 and len(codes) == 5:
        start = supernet.weights.places("head").start
        vector = supernet.weights.vector.detach()

        def of_weights(some: torch.Tensor) -> torch.Tensor:
            whole = torch.cat([vector[:20], some, vector[20 + len(some) :]])
            return functional.cross_entropy(
                supernet.mixture(images, alphas.detach().softmax(1), supernet.weights.views(whole)), labels
            )

        assert start > 40
        assert torch.autograd.gradcheck(
            of_weights, (vector[20:40].clone().requires_grad_(),), eps=1e-6, atol=1e-6, rtol=1e-3
        )


def test_the_hard_gumbel_draw_has_the_gradient_of_its_softmax() -> None:
    supernet = CellSupernet(SMALL, 4, dtype=torch.float64)
    images, labels = images_for(SMALL, 4, torch.float64), torch.tensor([0, 1, 2, 0])
    generator = torch.Generator().manual_seed(6)
    alphas = torch.randn(6, 5, dtype=torch.float64, generator=generator).requires_grad_()
    noise = torch.randn(6, 5, dtype=torch.float64, generator=generator)
    noise[:, 0] -= 9  # an edge without an operation has no gradient

    def loss(arch: Arch, scales: torch.Tensor) -> torch.Tensor:
        views = supernet.weights.views()
        return functional.cross_entropy(supernet.path(images, arch, views, scales=scales), labels)

    arch, scales = hard_gumbel(alphas, noise, 2.0, range(5))
    assert scales.tolist() == [1.0] * 6
    (ours,) = torch.autograd.grad(loss(arch, scales), alphas)
    ones, reach = torch.ones(6, dtype=torch.float64), 1e-6
    slopes = []
    for edge in range(6):
        step = reach * functional.one_hot(torch.tensor(edge), 6)
        slopes.append(((loss(arch, ones + step) - loss(arch, ones - step)) / (2 * reach)).item())

    def soft(table: torch.Tensor) -> torch.Tensor:
        chosen = ((table.log_softmax(1) + noise) / 2.0).softmax(1)[range(6), list(arch)]
        return (chosen * torch.tensor(slopes)).sum()

    (wanted,) = torch.autograd.grad(soft(alphas), alphas)
    assert wanted.abs().max() > 1e-3
    torch.testing.assert_close(ours, wanted, rtol=1e-4, atol=1e-7)
    assert torch.autograd.gradcheck(soft, (alphas,))


def test_what_the_supernet_does_not_hold_is_refused() -> None:
    message = "channels = 4 cannot be cut into 3 parts; expected a multiple of it"
    with pytest.raises(OptionError, match=re.escape(message)):
        CellSupernet(SMALL, 0, parts=3)
    with pytest.raises(
        ArchitectureError, match=r"does not hold \(1, 1, 1, 1, 1, 2\); expected 6 numbers of operations: 0 none, 1"
    ):
        CellSupernet(SMALL, 0, (0, 1)).require((1, 1, 1, 1, 1, 2))
