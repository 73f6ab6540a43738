"""How calls are divided into bundles: by kind, about a second each, smaller ones at the end, and never more than workers need."""

from __future__ import annotations

from collections.abc import Mapping

from nasbed.engines.cluster.bundles import LEAD, MOST, BundleQueue, BundleSizes, PendingCall


def pending(kinds: str, **resources: float) -> list[PendingCall]:
    return [PendingCall((b"", ()), resources, kind) for kind in kinds]


def queue(**seconds: float) -> BundleQueue:
    """A queue that knows how long calls of some kinds take."""
    made = BundleQueue()
    for kind, each in seconds.items():
        made.sizes.learn(kind, [each])
    return made


def divided(made: BundleQueue, workers: int = 1) -> list[str]:
    """What waits, by the bundles in which it is taken, each of which arrives before the next is taken."""
    found = []
    while bundle := made.take(lambda taken: workers):
        made.arrived(bundle)
        found.append("".join(call.kind for call in bundle))
    return found


def test_a_kind_that_is_slow_travels_alone_though_another_is_quick() -> None:
    sizes = BundleSizes()
    sizes.learn("q", [0.001])
    sizes.learn("s", [2.0])
    assert (sizes.of("q"), sizes.of("s"), sizes.of("unknown"), sizes.largest) == (MOST, 1, 1, MOST)
    made = queue(q=0.001, s=2.0)
    made.add(pending("qqqssu"), 1000)
    assert divided(made) == ["qqq", "s", "s", "u"]


def test_the_last_bundles_are_smaller_so_that_workers_end_together() -> None:
    made = queue(a=0.1)
    made.add(pending("a" * 40), 1000)
    assert list(map(len, divided(made, 2))) == [10, 10, 10, 10]
    made.add(pending("a" * 40), 0)
    assert list(map(len, divided(made, 2))) == [10, 7, 5, 4, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1]


def test_calls_that_take_something_else_of_a_worker_travel_apart_and_wait_apart() -> None:
    made = queue(a=0.1)
    made.add([*pending("aa", GPU=1.0), *pending("aaa")], 1000)

    def places(taken: Mapping[str, float]) -> int:
        return 0 if taken else 1

    assert [call.kind for call in made.take(places)] == ["a"] * 3
    assert made.take(places) == []  # those that take a GPU wait for a worker that has one
    assert [len(made.take(lambda taken: 1)), len(made.take(lambda taken: 1))] == [2, 0]


def test_a_worker_has_one_bundle_to_make_and_the_next() -> None:
    made = queue(a=1.0)
    made.add(pending("a" * 20), 0)
    taken = [made.take(lambda taken: 3) for _ in range(20)]
    assert list(map(len, taken)) == [1] * 3 * LEAD + [0] * (20 - 3 * LEAD)
    made.arrived(taken[0])
    assert [len(made.take(lambda taken: 3)) for _ in range(2)] == [1, 0]


def test_what_was_not_made_comes_first_again_and_what_ended_a_worker_travels_alone() -> None:
    made = queue(a=0.1)
    made.add(pending("a" * 6), 1000)
    bundle = made.take(lambda taken: 1, 3)
    made.arrived(bundle)
    bundle[1].alone = True
    made.put_back(bundle[1:])
    assert made.take(lambda taken: 2) == bundle[1:2]
    following = made.take(lambda taken: 2)
    assert following[0] is bundle[2]
    assert len(following) == 4
    made.put_back(following)
    made.clear()
    assert made.take(lambda taken: 9) == []
