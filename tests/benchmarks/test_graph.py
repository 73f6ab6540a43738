"""NAS-Bench-Graph: a space that is no product, the converters on wheels made here, and the published wheel where it is."""

from __future__ import annotations

import hashlib
import itertools
import os
import pickle
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from daily import sampled
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

import nasbed
from nasbed.benchmarks import convert
from nasbed.benchmarks.convert import _graph, nasbench_graph, nasbench_graph_proteins
from nasbed.benchmarks.nasbench_graph import NASBenchGraph
from nasbed.benchmarks.nasbench_graph_proteins import NASBenchGraphProteins
from nasbed.benchmarks.spaces.nasbench_graph import LINKS, OPERATIONS, STRUCTURES, NASBenchGraphSpace, proteins_space
from nasbed.check import check_benchmark
from nasbed.errors import ArchitectureError, DataError, UnknownNameError
from nasbed.results.judge import floor
from nasbed.streams import stream
from nasbed.vocabulary import Arch

SPACE = NASBenchGraphSpace()
SMALL = NASBenchGraphSpace(("gcn", "fc", "skip"), "small")
PROTEINS = proteins_space()
GCN, GIN, CHEB, FC, SKIP = (OPERATIONS.index(name) for name in ("gcn", "gin", "cheb", "fc", "skip"))
Writing = tuple[tuple[int, ...], tuple[int, ...]]

WHEEL = Path(os.environ.get("NASBED_WHEELS", "wheels")) / _graph.SOURCE.file
needs_wheel = pytest.mark.skipif(
    not WHEEL.is_file(), reason=f"needs {_graph.SOURCE.file}, 6 MB, in the folder NASBED_WHEELS"
)

writings = st.tuples(st.sampled_from(LINKS), st.tuples(*[st.integers(0, SKIP)] * 4)).filter(
    lambda w: set(w[1]) != {SKIP}
)
archs = st.sampled_from(SPACE.archs)


def quiet(what: str, done: int, total: int) -> None:
    assert what
    assert done <= total


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


def digest(keys: list[int]) -> str:
    return hashlib.sha256(" ".join(map(str, keys)).encode()).hexdigest()


def written(space: NASBenchGraphSpace) -> list[Writing]:
    """Every writing but those of skips alone."""
    codes = itertools.product(range(len(space.operations)), repeat=4)
    skip = len(space.operations) - 1
    return [(links, code) for code in codes if set(code) != {skip} for links in LINKS]


# which writings are the same


def tree(links: tuple[int, ...], operations: tuple[int, ...], skip: int) -> tuple[int, Any]:
    """What a writing stands for, by recursion: the number of skips that do nothing, and the tree of the other nodes as nested
    sorted tuples.
    """
    children: dict[int, list[int]] = defaultdict(list)
    for node, parent in enumerate(links, 1):
        children[parent].append(node)

    def read_by(source: int) -> list[int]:
        """The nodes that read a source, once skips that others read are gone."""
        found = []
        for node in children[source]:
            found += read_by(node) if operations[node - 1] == skip and children[node] else [node]
        return found

    kept = 0

    def below(source: int, outermost: bool) -> Any:
        nonlocal kept
        nodes = read_by(source)
        leaves = [node for node in nodes if operations[node - 1] == skip]
        if outermost or len(nodes) == len(leaves) == 1:
            nodes = [node for node in nodes if node not in leaves]
        kept += len(nodes)
        return tuple(sorted(((operations[node - 1], below(node, False)) for node in nodes), key=repr))

    form = below(0, True)
    return 4 - kept, form


def test_writings_are_the_same_where_they_stand_for_the_same_tree() -> None:
    forms: dict[tuple[int, Any], set[Arch]] = defaultdict(set)
    archs: dict[Arch, set[Any]] = defaultdict(set)
    for links, operations in written(SMALL):
        form, arch = tree(links, operations, 2), SMALL.canonical(links, operations)
        forms[form].add(arch)
        archs[arch].add(form)
    assert {len(found) for found in (*forms.values(), *archs.values())} == {1}
    assert archs.keys() == set(SMALL.archs)


def test_the_spaces_have_their_published_sizes() -> None:
    assert (len(SPACE), len(PROTEINS), len(LINKS), len(STRUCTURES)) == (26_206, 2_021, 24, 9)
    assert (SPACE.choices, PROTEINS.choices) == ((9,) * 5, (9, 5, 5, 5, 5))


def test_the_keys_are_the_published_ones_by_checksum() -> None:
    keys = [SPACE.key(arch) for arch in SPACE.archs]
    assert (keys[0], keys[-1]) == (0, 88_887)
    assert keys == sorted(keys)
    assert digest(keys) == "cd188e9a1670d87377cf8f57c90e68509682ee98a1be51394ee2a5813ce8dc9d"
    restricted = [PROTEINS.key(arch) for arch in PROTEINS.archs]
    assert digest(restricted) == "65a3177c7c42300c40e5a027f8e660ffdbfd5e5c9f06ca10578a8388f50d45a7"
    assert set(restricted) == {key for key in keys if set(str(key).zfill(5)[1:]) <= set("14578")}


def test_an_architecture_is_its_own_canonical_writing() -> None:
    for structure, *operations in SPACE.archs:
        assert SPACE.canonical(STRUCTURES[structure], operations) == (structure, *operations)


@given(writings, st.permutations(range(4)))
def test_the_numbering_of_nodes_does_not_matter(writing: Writing, order: list[int]) -> None:
    links, operations = writing
    place = {0: 0} | {node + 1: number for number, node in enumerate(order, 1)}
    renumbered = tuple(place[links[node]] for node in order)
    if renumbered in LINKS:
        assert SPACE.canonical(renumbered, [operations[node] for node in order]) == SPACE.canonical(links, operations)


@given(st.tuples(*[st.integers(0, SKIP - 1)] * 3), st.integers(0, 3))
def test_a_skip_may_stand_anywhere_in_a_chain(operations: Arch, place: int) -> None:
    chain = (*operations[:place], SKIP, *operations[place:])
    assert SPACE.canonical((0, 1, 2, 3), chain) == (8, SKIP, *operations)


@pytest.mark.parametrize(
    ("links", "operations", "expected"),
    [
        ((0, 1, 2, 1), (GCN, GIN, FC, CHEB), (6, GCN, GIN, CHEB, FC)),
        ((0, 1, 1, 2), (GCN, GIN, CHEB, FC), (6, GCN, GIN, CHEB, FC)),
        ((0, 0, 0, 0), (GCN, SKIP, SKIP, SKIP), (8, SKIP, SKIP, SKIP, GCN)),  # the raw input never reaches the output
        ((0, 1, 1, 1), (GCN, SKIP, SKIP, FC), (5, GCN, FC, SKIP, SKIP)),  # a skip beside others is a connection
        ((0, 1, 1, 2), (GCN, SKIP, FC, GIN), (7, SKIP, GCN, GIN, FC)),
        ((0, 1, 2, 2), (GCN, FC, SKIP, SKIP), (7, GCN, FC, SKIP, SKIP)),
    ],
)
def test_known_writings(links: Arch, operations: Arch, expected: Arch) -> None:
    found = SPACE.canonical(links, operations)
    assert tree(STRUCTURES[found[0]], found[1:], SKIP) == tree(links, operations, SKIP)
    assert found == expected


@pytest.mark.parametrize(
    ("links", "operations", "message"),
    [
        ((0, 1, 2, 3), (SKIP,) * 4, "all four operations are skip: there is no network"),
        ((0, 2, 0, 0), (GCN,) * 4, "(0, 2, 0, 0), (1, 1, 1, 1) is no writing of an architecture: expected 4 links"),
        ((0, 0, 0), (GCN,) * 4, "is no writing of an architecture"),
        ((0, 0, 0, 0), (GCN,) * 3, "is no writing of an architecture"),
        ((0, 0, 0, 0), (GCN, GCN, GCN, 9), "4 operations below 9"),
        ((0, 0, 0, 0), (GCN, GCN, GCN, -1), "4 operations below 9"),
    ],
)
def test_what_is_no_writing_is_refused(links: Arch, operations: Arch, message: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(message)):
        SPACE.canonical(links, operations)


# membership and texts


@pytest.mark.parametrize(
    "junk", [(0, 0, 0, 0), (5, 1, 8, 7, 1), (9, 0, 0, 0, 0), (8, 8, 8, 8, 8), [0] * 5, None, "0"], ids=repr
)
def test_what_is_not_canonical_is_outside(junk: object) -> None:
    assert junk not in SPACE
    with pytest.raises(ArchitectureError) as refused:
        SPACE.require(junk)  # type: ignore[arg-type]
    assert str(refused.value) == (
        f"{junk!r} is outside the space 'nasbench_graph': expected a tuple of 5 integers, each below (9, 9, 9, 9, 9), and one of"
        " the 26,206 canonical writings (parse and canonical give them)"
    )


def test_texts_and_indices_come_back_over_the_whole_space() -> None:
    for index, arch in enumerate(SPACE.archs):
        assert SPACE.index(arch) == index
        assert SPACE.parse(SPACE.format(arch)) == arch
        assert SPACE.parse(str(index)) == arch


def test_any_writing_is_read() -> None:
    for text in ("|gcn~0|gin~1|fc~2|cheb~1|", "|gcn~0|cheb~1|gin~1|fc~3|", " gcn~0 | gin ~ 1|fc~2|cheb~1\n"):
        assert SPACE.parse(text) == (6, GCN, GIN, CHEB, FC)
    assert SPACE.format((6, GCN, GIN, CHEB, FC)) == "|gcn~0|gin~1|cheb~1|fc~2|"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "malformed architecture ''; the form is |op~source|op~source|op~source|op~source|"),
        ("|gcn~0|gcn~0|gcn~0|", "malformed architecture '|gcn~0|gcn~0|gcn~0|'; the form is"),
        ("|gcn~0|gcn~0|gcn~0|gcn|", "malformed architecture"),
        ("|gcn~0|gcn~0|gcn~0|gcn~0|gcn~0|", "malformed architecture"),
        ("|gcn~0|gcn~0|gcn~0|gcn~x|", "malformed architecture"),
        ("|gcn~0|gcn~0|gcn~0|gcn~²|", "malformed architecture"),
        (
            "|gcn~0|GCN~0|gcn~0|gcn~0|",
            "unknown operation 'GCN' of node 2; known: gat, gcn, gin, cheb, sage, arma, graph, fc, skip",
        ),
        ("|gcn~0|gcn~2|gcn~0|gcn~0|", "node 2 reads 2; expected 0, the input, or a node before it"),
        ("|gcn~0|gcn~1|gcn~0|gcn~10|", "node 4 reads 10; expected 0, the input, or a node before it"),
        ("|gcn~0|gcn~1|gcn~0|gcn~" + "9" * 5000 + "|", "node 4 reads 999999999999999999999999; expected 0"),
        ("|skip~0|skip~1|skip~0|skip~0|", "all four operations are skip: there is no network"),
        ("26206", "index 26206 is outside 0 .. 26205"),
        ("9" * 5000, "index 999999999999999999999999 is outside 0 .. 26205"),
    ],
)
def test_a_text_that_is_no_writing_is_refused(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(message)):
        SPACE.parse(text)


# moves


def test_neighbours_are_one_change_of_some_writing_away() -> None:
    of = {writing: SMALL.canonical(*writing) for writing in written(SMALL)}
    around: dict[Arch, set[Arch]] = defaultdict(set)
    for (links, operations), arch in of.items():
        for place in range(4):
            changed = [(links, (*operations[:place], value, *operations[place + 1 :])) for value in range(3)]
            changed += [((*links[:place], value, *links[place + 1 :]), operations) for value in range(place + 1)]
            around[arch] |= {of[writing] for writing in changed if writing in of}
    for arch in SMALL.archs:
        assert SMALL.neighbours(arch) == sorted(around[arch] - {arch})


def test_neighbours_are_symmetric() -> None:
    for arch in SPACE.archs[::600]:
        around = SPACE.neighbours(arch)
        assert around == sorted(set(around) - {arch})
        assert all(arch in SPACE.neighbours(other) for other in around)


@pytest.mark.thorough
def test_neighbours_are_symmetric_and_connect_the_whole_space() -> None:
    around = [[SPACE.index(other) for other in SPACE.neighbours(arch)] for arch in SPACE.archs]
    sizes = list(map(len, around))
    assert (min(sizes), max(sizes), sum(sizes)) == (9, 124, 1_075_496)
    first, second = np.repeat(np.arange(26_206), sizes), np.concatenate(around)
    there, back = first * 26_206 + second, second * 26_206 + first
    assert (np.diff(there) > 0).all()
    assert (first != second).all()
    assert (there == np.sort(back)).all()
    reached, steps = np.arange(26_206) == 0, 0
    while not reached.all():
        reached[second[reached[first]]] = True
        steps += 1
    assert steps == 7


def test_a_list_of_neighbours_belongs_to_who_asked() -> None:
    SPACE.neighbours(SPACE.archs[7]).clear()
    assert SPACE.neighbours(SPACE.archs[7])


def test_mutation_is_uniform_among_neighbours() -> None:
    parent, rng = (6, GCN, GIN, CHEB, FC), stream(0, "test", "mutate")
    around = SPACE.neighbours(parent)
    drawn = [around.index(SPACE.mutate(parent, rng)) for _ in range(100 * len(around))]
    assert 1e-4 < chisquare(np.bincount(drawn, minlength=len(around))).pvalue < 1 - 1e-4


@given(archs, archs, st.integers(0, 100))
def test_children_mix_their_parents_and_stay_in_the_space(first: Arch, second: Arch, seed: int) -> None:
    child = SPACE.crossover(first, second, stream(seed, "test", "crossover"))
    assert child in SPACE
    assert all(value in pair for value, *pair in zip(child, first, second, strict=True))
    assert SPACE.crossover(first, first, stream(seed, "test", "crossover")) == first


def test_mixtures_are_uniform_among_those_in_the_space() -> None:
    first, second, rng = (6, GCN, GIN, CHEB, FC), (5, FC, GCN, GIN, SKIP), stream(0, "test", "crossover")
    inside = [child for child in itertools.product(*zip(first, second, strict=True)) if child in SPACE]
    assert 2 < len(inside) < 32
    drawn = [inside.index(SPACE.crossover(first, second, rng)) for _ in range(200 * len(inside))]
    assert 1e-4 < chisquare(np.bincount(drawn, minlength=len(inside))).pvalue < 1 - 1e-4


@pytest.mark.parametrize("method", ["format", "neighbours", "encode", "key"])
def test_methods_refuse_what_is_outside(method: str) -> None:
    with pytest.raises(ArchitectureError, match="outside the space"):
        getattr(SPACE, method)((8, 8, 8, 8, 8))


@pytest.mark.parametrize(
    ("encoding", "entries", "ones"),
    [("one_hot", 45, 5), pytest.param("adjacency", 52, 8, marks=pytest.mark.thorough)],
)
def test_encodings_tell_all_architectures_apart(encoding: str, entries: int, ones: int) -> None:
    codes = np.array([SPACE.encode(arch, encoding) for arch in SPACE.archs])
    assert codes.shape == (26_206, entries)
    assert len(np.unique(codes, axis=0)) == 26_206
    assert (codes.sum(axis=1) == ones).all()


def test_operations_are_counted_without_the_structure() -> None:
    assert np.flatnonzero(SPACE.encode((6, GCN, GIN, CHEB, GIN), "operations")).tolist() == sorted((GCN, GIN, CHEB))
    assert SPACE.encode((6, GCN, GIN, CHEB, GIN), "operations")[GIN] == 2


def test_the_adjacency_has_sources_in_rows() -> None:
    code = SPACE.encode((6, GCN, GIN, CHEB, FC), "adjacency")
    assert code[:16].reshape(4, 4).tolist() == [[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert np.flatnonzero(code[16:].reshape(4, 9))[:].tolist() == [GCN, 9 + GIN, 18 + CHEB, 27 + FC]
    with pytest.raises(UnknownNameError, match="unknown encoding of nasbench_graph 'path'"):
        SPACE.encode((6, GCN, GIN, CHEB, FC), "path")


# wheels made here


def records(space: NASBenchGraphSpace, shift: int = 0) -> dict[int, dict[str, Any]]:
    return {
        space.key(arch): {
            "valid_perf": (index + shift) % 2_900 / 3_000 + 0.01,
            "perf": 0.9 - index / 100_000,
            "latency": 0.001 + index / 1e6,
            "para": np.float64(0.5 + index / 1_000),
        }
        for index, arch in enumerate(space.archs)
    }


Wheel = Callable[..., Path]


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheel:
    """Writes a wheel with pickles by data set, and makes its checksum the published one."""

    def write(**pickles: Any) -> Path:
        path = tmp_path / "wheels" / _graph.SOURCE.file
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w") as files:
            for dataset, content in pickles.items():
                content = content if isinstance(content, bytes) else pickle.dumps(content, protocol=3)
                files.writestr(f"nas_bench_graph/light/{dataset}.bench", content)
        known(path, monkeypatch)
        return path

    return write


def known(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = replace(_graph.SOURCE, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    for module in (nasbench_graph, nasbench_graph_proteins):
        monkeypatch.setattr(module, "CONVERTER", replace(module.CONVERTER, sources=(source,)))


SMALL_RECORDS = records(PROTEINS)


def test_the_eight_data_sets_are_imported(wheel: Wheel) -> None:
    content = pickle.dumps(records(SPACE), protocol=3)
    assert b"cnumpy._core.multiarray\nscalar\n" in content
    pickles = dict.fromkeys(nasbench_graph.SPLITS, content.replace(b"numpy._core", b"numpy.core"))
    pickles["arxiv"] = pickle.dumps(records(SPACE, shift=1), protocol=3)
    convert.import_table("nasbench_graph", wheel(**pickles), quiet)
    tables = {dataset: NASBenchGraph(dataset) for dataset in NASBenchGraph.datasets()}
    assert list(tables) == ["cora", "citeseer", "pubmed", "cs", "physics", "photo", "computers", "arxiv"]
    assert sorted(tables) == sorted(tables["cora"].manifest.datasets)
    cora = tables["cora"]
    assert (cora.label, cora.epochs, cora.runs, cora.judged_on) == ("nasbench_graph/cora", (1,), 1, "test")
    assert cora.recordings(1).one == "the mean of the 3 recorded trainings"
    assert [(o.name, o.unit) for o in cora.objectives] == [("accuracy", "%")]
    assert "holds no training times" in cora.cost_model
    index = np.arange(26_206)
    np.testing.assert_allclose(cora.referee().validation(index), index % 2_900 / 30 + 1)
    np.testing.assert_allclose(tables["arxiv"].referee().validation(index), (index + 1) % 2_900 / 30 + 1)
    np.testing.assert_allclose(cora.referee().test(index), 90 - index / 1_000)
    assert (cora.representatives() == index).all()
    several = NASBenchGraph("pubmed", objectives=["accuracy", "latency", "parameters"])
    assert [(o.unit, o.maximise) for o in several.objectives] == [("%", True), ("s", False), ("M", False)]
    assert several.oracle()(100, 1, 7) == (pytest.approx((1 + 100 / 30, -0.0011, -0.6)), 1.0)
    assert len(nasbed.search("local_search", cora, budget={"seconds": 250}, seed=1).outcomes) == 250
    assert len(nasbed.search("reinforce", cora, budget={"evaluations": 60}).outcomes) == 60  # its draws may lie outside


def test_proteins_is_a_table_of_its_own(wheel: Wheel) -> None:
    convert.import_table("nasbench_graph_proteins", wheel(proteins=SMALL_RECORDS), quiet)
    table = NASBenchGraphProteins()
    assert (table.label, len(table.space), table.epochs) == ("nasbench_graph_proteins/proteins", 2_021, (1,))
    assert [(o.name, o.unit, o.maximise) for o in table.objectives] == [("roc_auc", "%", True)]
    assert table.oracle()(30, 1, 0) == (pytest.approx((2.0,)), 1.0)
    assert table.referee().best() == pytest.approx((1 + 2_020 / 30, 90.0))
    rows = table.lookup(table.space.archs[30])
    assert [(row["metric"], row["split"]) for row in rows] == [
        ("training_time", "none"),
        ("roc_auc", "validation"),
        ("roc_auc", "test"),
        ("latency", "none"),
        ("parameters", "none"),
    ]
    assert (table.representatives() == np.arange(2_021)).all()
    assert [str(finding) for finding in check_benchmark("nasbench_graph_proteins") if not finding.holds] == []


def changed(**record: Any) -> dict[int, Any]:
    return {**SMALL_RECORDS, 88_881: {**SMALL_RECORDS[88_881], **record}}


class Evil:
    def __init__(self, made: str = "made") -> None:
        self.made = made

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.made,)


PICKLE = pickle.dumps(SMALL_RECORDS, protocol=3)
RANGES = "architecture 88881: expected valid_perf, perf, latency, para in their ranges, found {"


@pytest.mark.parametrize(
    ("content", "message"),
    sampled(
        [
            (PICKLE[:-1000], "damaged pickle: "),
            (b"", "damaged pickle: "),
            (pickle.dumps(Evil()), "mkdir, which is not admitted: refused before anything ran"),
            (pickle.dumps(changed(para=np.zeros(3))), "_reconstruct, which is not admitted"),
            (pickle.dumps(changed(para=np.float32(1))), "the pickle holds NumPy numbers of type 'f4'; expected 'f8'"),
            (PICKLE.replace(b"X\x01\x00\x00\x00<", b"X\x01\x00\x00\x00>"), "of byte order '>'; expected '<'"),
            ([1, 2], "expected the 2,021 architectures of nasbench_graph_proteins and nothing else, found list"),
            ({k: v for k, v in SMALL_RECORDS.items() if k != 88_881}, "found 2,020 of them"),
            ({**SMALL_RECORDS, 88_888: SMALL_RECORDS[88_881]}, "and nothing else, found 2,021 of them"),
            (
                {**SMALL_RECORDS, 88_881: None},
                "architecture 88881: expected valid_perf, perf, latency, para in their ranges",
            ),
            (changed(perf=1.2), RANGES),
            (changed(valid_perf=float("nan")), RANGES),
            (changed(latency=0.0), RANGES),
            (changed(latency="fast"), RANGES),
            (changed(para=float("inf")), RANGES),
        ],
        4,
    ),
    ids=range(15),
)
def test_other_records_are_refused_and_leave_nothing(
    content: Any, message: str, wheel: Wheel, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=re.escape(message)):
        convert.import_table("nasbench_graph_proteins", wheel(proteins=content), quiet)
    assert list(own_home.iterdir()) == []
    assert not (tmp_path / "made").exists()


def test_a_wheel_without_the_file_is_refused(wheel: Wheel, monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    path = wheel(cora=b"")
    with pytest.raises(DataError, match=r"nas_bench_graph/light/proteins\.bench cannot be read"):
        convert.import_table("nasbench_graph_proteins", path, quiet)
    path.write_bytes(path.read_bytes()[:-30])
    known(path, monkeypatch)
    with pytest.raises(
        DataError, match=r"nas_bench_graph/light/proteins\.bench cannot be read: File is not a zip file"
    ):
        convert.import_table("nasbench_graph_proteins", path, quiet)
    assert list(own_home.iterdir()) == []


def test_a_foreign_wheel_is_refused(tmp_path: Path) -> None:
    (tmp_path / _graph.SOURCE.file).write_bytes(b"PK")
    with pytest.raises(DataError, match=r"is not the published nas_bench_graph-1\.4\.0-py3-none-any\.whl"):
        convert.import_table("nasbench_graph", tmp_path, quiet)


def test_without_the_table_the_remedy_is_said() -> None:
    with pytest.raises(DataError, match="get it with nasbed data fetch nasbench_graph"):
        nasbed.load_benchmark("nasbench_graph")


# the published wheel


@needs_wheel
def test_the_published_optima_and_sizes() -> None:
    convert.import_table("nasbench_graph", WHEEL, quiet)
    expected = {
        "cora": (81.93333, 87072, 83.13333, 77016),
        "citeseer": (72.8, 31144, 71.56667, 47206),
        "pubmed": (81.13333, 30224, 78.6, 21512),
        "cs": (92.13333, 26503, 91.26239, 21506),
        "physics": (94.0, 60717, 93.00490, 45155),
        "photo": (94.06667, 30743, 92.78961, 30747),
        "computers": (91.9, 73033, 85.58342, 20407),
        "arxiv": (73.66667, 83533, 72.38648, 81344),
    }
    every = np.arange(26_206)
    for dataset, (validation, first, test, second) in expected.items():
        table = NASBenchGraph(dataset)
        referee = table.referee()
        assert referee.best() == pytest.approx((validation, test), abs=5e-6)
        keys = [
            table.space.key(table.space.archs[v.argmax()]) for v in (referee.validation(every), referee.test(every))
        ]
        assert keys == [first, second]
        thirds = referee.validation(every) * 30
        np.testing.assert_allclose(thirds, thirds.round(), atol=1e-6)
        assert floor(referee, referee, "draw")[0] == 0
        counts = table.values("parameters") * 1e6
        fractions = int((np.abs(counts - counts.round()) > 1e-4).sum())
        assert fractions == (1_113 if dataset == "physics" else 0)  # the three trainings differ


@needs_wheel
def test_the_published_records_of_proteins() -> None:
    convert.import_table("nasbench_graph_proteins", WHEEL, quiet)
    table = NASBenchGraphProteins()
    assert table.referee().best() == pytest.approx((85.33333, 79.26337), abs=5e-6)
    values = table.referee().validation(np.arange(2_021))
    assert table.space.key(table.space.archs[values.argmax()]) == 74_578
