"""Commands on the archive of reference runs: what it holds, and adding a results folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nasbed.commands.terminal import Json, print_json, print_table

if TYPE_CHECKING:
    from nasbed.studies.series import Entry

Folder = Annotated[
    Path | None, typer.Option("--archive-folder", help="Another archive than the one that ships with nasbed.")
]


def list_archive(
    strategies: Annotated[
        list[str] | None, typer.Argument(help="Strategies, by label or by name; all by default.")
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """List the strategies of the archive, on which benchmarks, with how many seeds and evaluations, by which version."""
    from nasbed.results.archive.archive import Archive
    from nasbed.studies.study import ARCHIVED
    from nasbed.tables.printed import printed

    found = Archive.load(folder)
    rows = [
        {
            "strategy": one.strategy,
            "use": one.use,
            "options": dict(one.options),
            "benchmark": one.benchmark,
            "seeds": f"{one.first} to {one.first + one.seeds - 1}",
            "budget": f"{one.content['rules']['budget']['amount']} {one.content['rules']['budget']['kind']}",
            "shorter": "no" if one.sees_budget else "yes",
            "nasbed": one.version,
            "source": one.source,
            "data": one.content["benchmark"]["data"][:12],
        }
        for one in found.series_named([name.removeprefix(ARCHIVED) for name in strategies or ()])
    ]
    if as_json:
        print_json({"folder": str(found.folder), "protocol": found.protocol, "series": rows})
        return
    cells = [{**row, "use": _use(row)} for row in rows]
    left_out = {"options"} if any(row["use"] for row in cells) else {"options", "use"}
    heads = [name for name in cells[0] if name not in left_out] if cells else ["strategy"]
    print_table(printed(heads, ([row[name] for name in heads] for row in cells), left=4 - len(left_out)))
    rules = ", ".join(
        f"{name} {'none' if value == [] else value}" for name, value in found.protocol.items() if name != "budget"
    )
    typer.echo(f"Protocol: {rules}. shorter: whether runs can be read at a smaller budget. {found.folder}")


def _use(row: dict[str, Any]) -> str:
    """What a strategy is and its options, where its label is not just what it is."""
    if row["use"] == row["strategy"] and not row["options"]:
        return ""
    return ", ".join([row["use"], *(f"{name} = {json.dumps(value)}" for name, value in row["options"].items())])


def add(
    folder: Annotated[Path, typer.Argument(help="A complete results folder, under the protocol of the archive.")],
    archive: Folder = None,
    time_limit: Annotated[
        float, typer.Option(help="Seconds after which a check of a strategy is over, and broken.")
    ] = 60,
    as_json: Json = False,
) -> None:
    """Check a results folder (data, protocol, code, conformance, runs that come out the same again), and add it to the archive."""
    import os
    import sys

    from nasbed.check import check_strategy
    from nasbed.errors import StoreError
    from nasbed.results.archive.adding import add_folder
    from nasbed.results.archive.archive import Archive, shipped_folder

    sys.path.insert(0, os.getcwd())  # the study's own modules

    def conforming(strategy: Entry) -> None:
        findings = check_strategy(strategy.use, time_limit=time_limit, engine="local:1", **strategy.options)
        if broken := [finding.check for finding in findings if not finding.holds]:
            raise StoreError(
                f"{strategy.label} does not conform: {', '.join(broken)}; nasbed check strategy {strategy.use} says why"
            )

    found = Archive.load(archive, new=True)
    added = add_folder(found, str(folder), conforming)
    if as_json:
        print_json({"folder": str(found.folder), "added": [[one.strategy, one.benchmark] for one in added]})
        return
    for one in added:
        shorter = "; it looks at its budget, so it is read at that alone" if one.sees_budget else ""
        typer.echo(
            f"added {one.strategy} on {one.benchmark}, seeds {one.first} to {one.first + one.seeds - 1}{shorter}"
        )
    shipped = found.folder.resolve() == shipped_folder().resolve()
    further = (
        "have it merged, so that others can compare with yours"
        if shipped
        else f"nasbed compare FOLDER --archive {added[0].strategy} --archive-folder {found.folder} compares with it"
    )
    typer.echo(f"{found.folder} holds {len(found.series)} series; {further}")
