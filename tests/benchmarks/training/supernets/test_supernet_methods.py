"""The methods that train supernets: their mathematics on problems whose answer is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from daily import sampled

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")

from nasbed.benchmarks.spaces.cell_network import NetworkShape  # noqa: E402
from nasbed.benchmarks.spaces.nasbench201 import OPERATIONS  # noqa: E402
from nasbed.benchmarks.training.supernets.cell_supernet import CellSupernet  # noqa: E402
from nasbed.benchmarks.training.supernets.darts import dominant_eigenvalue, unrolled_gradient  # noqa: E402
from nasbed.benchmarks.training.supernets.dr_nas import dirichlet  # noqa: E402
from nasbed.benchmarks.training.supernets.enas import Controller  # noqa: E402
from nasbed.benchmarks.training.supernets.flat_weights import FlatWeights, NesterovSGD  # noqa: E402
from nasbed.benchmarks.training.supernets.plan import METHODS, SupernetPlan  # noqa: E402
from nasbed.benchmarks.training.supernets.setn import most_probable  # noqa: E402
from nasbed.benchmarks.training.supernets.single_path import SinglePath  # noqa: E402
from nasbed.benchmarks.training.supernets.training import METHOD_CLASSES  # noqa: E402
from nasbed.streams import Stream, stream  # noqa: E402
from nasbed.vocabulary import Arch  # noqa: E402


class TwoOperations:
    """A network in which ``skip_connect`` passes on what tells the classes apart, and ``none`` nothing: on each edge the first is
    better.
    """

    choices, codes = (2,) * 6, (0, 1)

    def __init__(self) -> None:
        self.weights = FlatWeights({"scale": torch.full((6,), 0.5)})

    def uniform(self) -> np.ndarray:
        table = np.zeros((6, len(OPERATIONS)))
        table[:, :2] = 0.5
        return table

    def begin(self, seed: int) -> None:
        pass

    def sample(self, rng: Stream) -> Arch:
        return tuple(rng.below(2) for _ in range(6))

    def path(self, images: Any, arch: Arch, views: Any, scales: Any = None, edges: Any = None) -> Any:
        kept = torch.tensor(arch).float() * (1.0 if scales is None else scales)
        return images * (kept * views["scale"].abs()).sum()

    def mixture(self, images: Any, mixing: Any, views: Any, auxiliary: float = 0.0, edges: Any = None) -> Any:
        factor = 1.0 if edges is None else edges
        return images * (mixing[:, 1] * views["scale"].abs() * factor).sum()

    def paths(self, images: Any, archs: Sequence[Arch], views: Any, edges: Any = None) -> Iterator[tuple[int, Any]]:
        yield from ((place, self.path(images, arch, views)) for place, arch in enumerate(archs))


@pytest.mark.parametrize(
    ("method", "options"),
    sampled([*((name, {}) for name in METHODS), ("darts", {"order": 2}), ("darts", {"auxiliary_skip": True})], 3),
)  # fmt: skip
def test_of_two_operations_every_method_ends_in_the_better(method: str, options: dict[str, Any]) -> None:
    if method in ("darts", "gdas", "pc_darts", "dr_nas", "setn"):
        options = {"arch_rate": 0.1, "arch_decay": 0.0, **options}
    if method == "enas":
        options = {"controller_rate": 0.05, "controller_steps": 5}
    if method in ("uniform", "fair"):
        options = {"candidates": 500}
    plan = SupernetPlan(method, epochs=20, operations=("none", "skip_connect"), **options)
    network = TwoOperations()
    learned = METHOD_CLASSES[method](plan, network, 0)
    labels = torch.arange(12) % 3
    images = torch.nn.functional.one_hot(labels, 3).float() + 0.5 * torch.randn(
        12, 3, generator=torch.Generator().manual_seed(0)
    )
    for epoch in range(20):
        learned.begin(epoch)
        for _ in range(4):
            learned.step((images, labels), (images, labels), 0.025)
        learned.finish([(images, labels)])
    probabilities = learned.probabilities()
    assert probabilities.sum(1) == pytest.approx([1.0] * 6)
    if method not in ("uniform", "fair"):
        assert (probabilities[:, 1] > 0.55).all(), probabilities[:, 1]

    def score(archs: Sequence[Arch]) -> list[float]:
        return [float(sum(arch)) for arch in archs]

    assert learned.derived(score) == (1,) * 6


def test_the_second_order_step_is_the_exact_one_on_a_quadratic() -> None:
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> Any:
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    curvature, coupling, target, weights, alphas = drawn(4, 4), drawn(4, 3), drawn(4), drawn(4), drawn(3)
    curvature = curvature @ curvature.T
    weights.requires_grad_()
    alphas.requires_grad_()

    def train(weights: Any, alphas: Any) -> Any:
        return 0.5 * weights @ curvature @ weights + weights @ coupling @ alphas**2

    def validation(weights: Any, alphas: Any) -> Any:
        return ((weights - target) ** 2).sum() + alphas @ alphas + (weights @ coupling) @ alphas

    rate, momentum = 0.1, drawn(4)

    def velocity(weights: Any, gradient: Any) -> Any:
        return 0.9 * momentum + gradient + 0.01 * weights

    ours = unrolled_gradient(train, validation, weights, alphas, rate, velocity)
    (gradient,) = torch.autograd.grad(train(weights, alphas), weights, create_graph=True)
    (exact,) = torch.autograd.grad(validation(weights - rate * velocity(weights, gradient), alphas), alphas)
    (first,) = torch.autograd.grad(validation(weights, alphas), alphas)
    torch.testing.assert_close(ours, exact, rtol=1e-9, atol=1e-9)
    assert (exact - first).abs().max() > 0.1


def test_the_dominant_eigenvalue_is_that_of_the_hessian() -> None:
    matrix = torch.tensor([[2.0, 1.0], [1.0, 2.0]])
    found = dominant_eigenvalue(lambda x: 0.5 * x.flatten() @ matrix @ x.flatten(), torch.ones(1, 2).requires_grad_())
    assert found == pytest.approx(3.0)


def test_a_dirichlet_draw_has_the_derivative_of_its_quantile() -> None:
    """The first of two values has a beta distribution; a draw is its quantile, which moves with the concentration."""
    from scipy.stats import beta

    first, second, rank, reach = 1.3, 0.7, 0.37, 1e-5
    drawn = beta.ppf(rank, first, second)
    concentration = torch.tensor([[first, second]], dtype=torch.float64, requires_grad=True)
    made = dirichlet(concentration, torch.tensor([[drawn, 1 - drawn]], dtype=torch.float64))
    (slope,) = torch.autograd.grad(made[0, 0], concentration)
    wanted = [
        (beta.ppf(rank, first + reach, second) - beta.ppf(rank, first - reach, second)) / (2 * reach),
        (beta.ppf(rank, first, second + reach) - beta.ppf(rank, first, second - reach)) / (2 * reach),
    ]
    assert slope[0].tolist() == pytest.approx(wanted, rel=1e-3)


def test_strictly_fair_paths_have_each_operation_once() -> None:
    method = SinglePath(SupernetPlan("fair", operations=("none", "skip_connect")), TwoOperations(), 0)
    for _ in range(3):
        paths = method._paths()
        assert len(paths) == 2
        assert all(sorted(codes) == [0, 1] for codes in zip(*paths, strict=True))


def test_the_controller_draws_what_it_says() -> None:
    controller = Controller(2, (1, 3, 4), 0, torch.device("cpu"))
    with torch.no_grad():
        controller.weights.vector.mul_(20)
        archs, logs, entropies = controller.drawn(4000, np.random.default_rng(0))
    counted = Counter(archs)
    said = dict(zip(archs, logs.exp().tolist(), strict=True))
    assert set(said) == {(a, b) for a in (1, 3, 4) for b in (1, 3, 4)}
    assert sum(said.values()) == pytest.approx(1.0, abs=1e-4)
    assert max(said.values()) > 2 * min(said.values())
    for arch, probability in said.items():
        assert counted[arch] / 4000 == pytest.approx(probability, abs=0.03)
    assert float(entropies.mean()) == pytest.approx(-float(logs.mean()), abs=0.05)


def test_the_most_probable_architectures_come_first() -> None:
    table = np.zeros((6, 5))
    table[:, 1], table[:, 3] = 0.4, 0.6
    table[2, 1], table[2, 3] = 0.9, 0.1
    found = most_probable(table, (1, 3), 3)
    assert found[0] == (3, 3, 1, 3, 3, 3)
    assert found[1] == (1, 3, 1, 3, 3, 3)
    assert len(found) == 3


@pytest.mark.parametrize("method", ["darts", "gdas", "dr_nas", "pc_darts"])
def test_none_is_read_out_unless_the_plan_says_otherwise(method: str) -> None:
    found = []
    for read_none in (True, False):
        plan, network = SupernetPlan(method, read_none=read_none), CellSupernet(NetworkShape(4, 1, 1, 2, 4, 1), 0)
        learned = METHOD_CLASSES[method](plan, network, 0)
        with torch.no_grad():
            learned.architecture.logits.copy_(torch.tensor([2.0, 0.0, 0.0, 1.0, 0.0]).expand(6, 5))  # type: ignore[attr-defined]
        found.append(learned.derived(lambda archs: [0.0 for _ in archs]))
    assert found == [(0,) * 6, (3,) * 6]


def test_the_optimizer_is_pytorchs_on_every_weight() -> None:
    plan = SupernetPlan("uniform", clip=0.5)
    ours, rng = FlatWeights({"a": torch.ones(3), "b": torch.zeros(2, 2)}), stream(0, "test", "gradients").numpy
    theirs = torch.ones(7).requires_grad_()
    with torch.no_grad():
        theirs[3:] = 0
    optimizer = NesterovSGD(ours.vector, plan)
    reference = torch.optim.SGD([theirs], lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    for _ in range(5):
        gradient = torch.from_numpy(rng.normal(size=7)).float()
        optimizer.step(gradient, 0.1)
        theirs.grad = gradient.clone()
        torch.nn.utils.clip_grad_norm_([theirs], 0.5)
        reference.step()
    torch.testing.assert_close(ours.vector, theirs)
    assert ours.views()["b"].shape == (2, 2)
    assert torch.equal(ours.vector[ours.places("b")], ours.views()["b"].flatten())


def test_edges_keep_fewer_and_fewer_operations() -> None:
    plan = SupernetPlan("darts", epochs=7, shrink_to=[3, 2])  # type: ignore[arg-type]
    assert [plan.kept_after(epoch) for epoch in range(8)] == [None, None, 3, None, 2, None, None, None]
    network = CellSupernet(NetworkShape(4, 1, 1, 2, 4, 1), 0)
    learned = METHOD_CLASSES["darts"](plan, network, 0)
    images, labels = torch.randn(6, 1, 4, 4, generator=torch.Generator().manual_seed(0)), torch.arange(6) % 2
    weights = torch.tensor([5.0, 1.0, 2.0, 4.0, 3.0]).expand(6, 5)
    left = []
    for epoch in range(5):
        learned.begin(epoch)
        learned.step((images, labels), (images, labels), 0.025)
        with torch.no_grad():
            learned.architecture.logits.copy_(weights)  # type: ignore[attr-defined]
        learned.finish([(images, labels)])
        left.append([int(code) for code in np.flatnonzero(learned.probabilities()[0])])
    assert left == [[0, 1, 2, 3, 4], [0, 3, 4], [0, 3, 4], [0, 3], [0, 3]]
    with torch.no_grad():
        learned.architecture.logits[:, 2] = 9.0  # type: ignore[attr-defined]  # what is dropped does not come back
    assert learned.probabilities().sum(1) == pytest.approx([1.0] * 6)
    assert learned.derived(lambda archs: [0.0 for _ in archs]) == (0,) * 6
