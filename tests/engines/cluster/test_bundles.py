"""How calls are divided into bundles: by kind, about a second each, and smaller ones at the end."""

from __future__ import annotations

from nasbed.engines.cluster.bundles import MOST, BundleSizes, PendingCall


def pending(kinds: str, **resources: float) -> list[PendingCall]:
    return [PendingCall((b"", ()), resources, kind) for kind in kinds]


def divided(sizes: BundleSizes, calls: list[PendingCall], further: int = 0, workers: int = 1) -> list[str]:
    return ["".join(call.kind for call in bundle) for bundle in sizes.bundled(calls, further, workers)]


def test_a_kind_that_is_slow_travels_alone_though_another_is_quick() -> None:
    sizes = BundleSizes()
    sizes.learn("q", 1, 0.001)
    sizes.learn("s", 1, 2.0)
    assert (sizes.of("q"), sizes.of("s"), sizes.of("unknown")) == (MOST, 1, 1)
    assert divided(sizes, pending("qqqssu"), further=1000) == ["qqq", "s", "s", "u"]


def test_the_last_bundles_are_smaller_so_that_workers_end_together() -> None:
    sizes = BundleSizes()
    sizes.learn("a", 10, 1.0)
    calls = pending("a" * 40)
    assert [len(one) for one in sizes.bundled(calls, 1000, 2)] == [10, 10, 10, 10]
    assert [len(one) for one in sizes.bundled(calls, 0, 2)] == [10, 7, 5, 4, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1]
    assert [len(one) for one in sizes.bundled(pending("aa"), 0, 0)] == [1, 1]


def test_calls_that_take_something_else_of_a_worker_travel_apart() -> None:
    sizes = BundleSizes()
    sizes.learn("a", 10, 1.0)
    assert divided(sizes, pending("aa") + pending("aa", GPU=1.0), further=1000) == ["aa", "aa"]
