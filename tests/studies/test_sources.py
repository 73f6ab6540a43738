"""Which modules a source imports, wherever in it: their code is part of a series' identity."""

from __future__ import annotations

import ast

from nasbed.benchmarks import Chain, Digits201, Vowels
from nasbed.studies.sources import _followed, _statements, source_files

SOURCE = b'''
"""from nasbed.strategies import said"""
from nasbed.strategies import top
if top:
    from nasbed.strategies.models import then
elif not top:
    from nasbed.strategies.models import otherwise
else:
    from nasbed.strategies.models import left
class Held:
    def method(self):
        with self as held:
            from nasbed.benchmarks.tables import deep
        return lambda: held if deep else None
async def awaited(things):
    async for thing in things:
        from nasbed.benchmarks.tables import looped
    else:
        from nasbed.benchmarks.tables import after
try:
    from nasbed.benchmarks.spaces import tried
except ImportError:
    from nasbed.benchmarks.spaces import caught
else:
    from nasbed.benchmarks.spaces import well
finally:
    from nasbed.benchmarks.spaces import last
match top:
    case 1:
        while True:
            from nasbed.benchmarks.converters import matched
'''


def test_imports_are_found_in_every_kind_of_statement() -> None:
    names = {name.rpartition(".")[2] for name in _followed(SOURCE)}
    assert names >= {
        "then",
        "otherwise",
        "left",
        "deep",
        "looped",
        "after",
        "tried",
        "caught",
        "well",
        "last",
        "matched",
    }
    assert "said" not in names


def test_they_are_those_that_a_walk_of_the_whole_tree_finds_in_its_order() -> None:
    tree = ast.parse(SOURCE)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert [node for node in _statements(tree) if isinstance(node, ast.ImportFrom)] == imports
    assert len(imports) == 12


def test_what_trained_a_table_is_no_part_of_it_but_where_a_search_trains() -> None:
    table, trained, shared = (
        {path.as_posix().partition("/training/")[2] for path in found}
        for found in (source_files(Vowels), source_files(Chain), source_files(Digits201, training=True))
    )
    assert table - {""} == {"sequences/table/plan.py"}
    assert {"network_training.py", "images/networks/chain_network.py", "fitting/optimizers.py"} <= trained
    assert {"supernets/darts.py", "supernets/cell_supernet.py"} <= shared
