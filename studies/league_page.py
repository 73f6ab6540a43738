"""docs/league.md: who wins where, and how sure that is. Every word of its blocks is made of the kept scores."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import league_standings as standings
import numpy as np
import pandas as pd
from league_figure import write_figure
from league_scores import BUDGETS
from league_setup import PATIENCE, REFERENCE, RIVALS, ROOT, Family, rows
from pages import write_blocks

import nasbed
from nasbed.statistics.intervals import mean_interval
from nasbed.tables.numbers import p_value
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

PAGE = ROOT / "docs" / "league.md"
FEW_TASKS = 3
"""Tasks of a family up to which each has a table of its own."""
MANY_TASKS = 10
"""Tasks of a family above which its tasks are not shown one by one."""
FEW_SEEDS = 10
"""Seeds below which a bootstrap does not know how much it does not know."""
ABSENT = "–"

Standings = Mapping[int, pd.DataFrame | None]
"""Of a family, by evaluations."""


def write_page(kept: pd.DataFrame, ground: Mapping[str, Family]) -> None:
    """Write the blocks of the page and its picture."""
    write_blocks(PAGE, blocks(kept, ground, rows()))
    if common := standings.common_standings(kept, ground):
        write_figure(common, ground)


def blocks(kept: pd.DataFrame, ground: Mapping[str, Family], planned: Collection[str] = ()) -> dict[str, str]:
    """The blocks of the page by name. Rows that are ``planned`` and were not run are named, since nothing is said of them."""
    common = standings.common_standings(kept, ground)
    there = {name: family for name, family in ground.items() if name in common}
    found = {
        name: {
            budget: common[name] if budget == family.common else standings.standing(kept, family, budget)
            for budget in family.budgets
        }
        for name, family in there.items()
    }
    tested = {name: standings.contrasts(kept, family) for name, family in there.items()}
    sections = [line for name, family in there.items() for line in _section(kept, family, found[name], tested[name])]
    return {
        "summary": _summary(kept, there, found, tested, planned),
        "overall": _overall(common, there),
        "families": "\n".join(sections).rstrip(),
        "processes": _against(kept, there, "sum_kernel_gp", "gp_bo"),
        "stability": _stability(kept, there),
        "hunts": hunts(kept),
    }


def _summary(
    kept: pd.DataFrame,
    ground: Mapping[str, Family],
    found: Mapping[str, Standings],
    tested: Mapping[str, pd.DataFrame],
    planned: Collection[str],
) -> str:
    lines, sentences = [], []
    for name, family in ground.items():
        mine = [found[name].get(budget) for budget in BUDGETS]
        first = [ABSENT if one is None else _first(one) for one in mine]
        common = found[name][family.common]
        assert common is not None
        lines.append([family.title, str(_tasks(kept, family)), _seeds(common), *first])
        sentences.append(_sentence(family, common, tested[name]))
    table = markdown(printed(["family", "tasks", "seeds", *(f"after {budget}" for budget in BUDGETS)], lines))
    note = f"‡: fewer than {FEW_SEEDS} seeds, so the share is too sure."
    absent = [label for label in planned if label not in set(kept["strategy"])]
    missing = f"**Not run yet, so that nothing is said of them:** {', '.join(f'`{label}`' for label in absent)}."
    return "\n".join([*([missing, ""] if absent else []), table, "", *([note, ""] if "‡" in table else []), *sentences])


def _first(found: pd.DataFrame) -> str:
    """The row that is most often the best, and how often."""
    label = found["best"].idxmax()
    return f"{label}, {_share(found.loc[label, 'best'])}" + ("‡" if found.loc[label, "seeds"] < FEW_SEEDS else "")


def _sentence(family: Family, found: pd.DataFrame, tested: pd.DataFrame) -> str:
    """What can be said of a family after the evaluations that all rows have."""
    label, best = found.index[0], found.iloc[0]
    interval = _left(best, family.unit)
    what = (
        f"leaves {interval} of random search's regret" if family.unit == "mean" else f"is {interval} from random search"
    )
    candidates = standings.not_ruled_out(found)
    others = [f"`{name}` ({_share(share)})" for name, share in candidates.items() if name != label]
    few = f" (of {best['seeds']:.0f} seeds alone‡)" if best["seeds"] < FEW_SEEDS else ""
    sure = f"the best in {_share(best['best'])} of resamples{few}"
    rest = f"; not ruled out: {', '.join(others)}" if others else ", and all others are ruled out"
    marks = standings.verdicts(tested, family.common)
    better = [name for name, mark in marks.items() if mark in ("*", "°") and name != REFERENCE]
    both = [name for name, mark in marks.items() if mark == "*"]
    worse = [name for name, mark in marks.items() if mark == "×"]
    unlike = [name for name, mark in marks.items() if not mark and name != REFERENCE]
    told = [
        f"Better than random_search: {len(better)} of {len(found) - 1}; better than regularized_evolution, too: {len(both)}"
    ]
    told += [f"not told from random_search: {_listed(unlike)}"] if unlike else []
    told += [f"worse than it: {_listed(worse)}"] if worse else []
    return f"- **{family.title}**, after {family.common}: `{label}` {what}, {sure}{rest}. {'; '.join(told)}."


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _tasks(kept: pd.DataFrame, family: Family) -> int:
    return int(kept.loc[kept["family"] == family.use, "benchmark"].nunique())


def _seeds(found: pd.DataFrame) -> str:
    fewest, most = found["seeds"].min(), found["seeds"].max()
    return f"{most}" if fewest == most else f"{fewest} to {most}"


def _share(share: float) -> str:
    percent = 100 * share
    return "< 1 %" if 0 < percent < 1 else "> 99 %" if 99 < percent < 100 else f"{percent:.0f} %"


def _left(row: pd.Series, unit: str) -> str:
    low, middle, high = row["relative_low"], row["relative"], row["relative_high"]
    if unit == "spread":
        return f"{middle:+.2f} [{low:+.2f}, {high:+.2f}] standard deviations"
    return f"{100 * middle:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"


def _cell(row: pd.Series, unit: str) -> str:
    return _left(row, unit).replace(" standard deviations", "").replace(" %", "")


def _section(kept: pd.DataFrame, family: Family, found: Standings, tested: pd.DataFrame) -> list[str]:
    """The heading and tables of a family."""
    common = found[family.common]
    assert common is not None
    test = standings.standing(kept, family, family.common, "test_regret")
    tallies = standings.tallies(kept, family)
    marks = {budget: standings.verdicts(tested, budget) for budget in family.budgets}
    heads = ["strategy", "seeds", *(f"after {budget}" for budget in family.budgets), f"rank, {family.common}", "best"]
    heads += [f"test, {family.common}"] if test is not None else []
    heads += [f"against {rival}" for rival in RIVALS]
    lines = []
    for label, row in common.iterrows():
        cells = [str(label), str(int(row["seeds"]))]
        for budget, one in found.items():
            there = one is not None and label in one.index
            cells.append(_cell(one.loc[label], family.unit) + marks[budget].get(str(label), "") if there else ABSENT)
        cells += [f"{row['rank']:.1f} [{row['rank_low']:.1f}, {row['rank_high']:.1f}]", _share(row["best"])]
        if test is not None:
            cells.append(_cell(test.loc[label], family.unit) if label in test.index else ABSENT)
        cells += [_tally(tallies, str(label), rival) for rival in RIVALS]
        lines.append(cells)
    return [
        f"### {family.title}",
        "",
        _caption(kept, family, common, tested, tallies),
        "",
        markdown(printed(heads, lines)),
        "",
        *_by_task(kept, family, list(common.index)),
    ]


def _tally(tallies: pd.DataFrame, label: str, rival: str) -> str:
    mine = tallies[(tallies["strategy"] == label) & (tallies["rival"] == rival)]
    if not len(mine):
        return ABSENT
    row = mine.iloc[0]
    return f"{row['won']} / {row['level']} / {row['lost']}" + ("" if row["tested"] else "†")


def _caption(
    kept: pd.DataFrame, family: Family, common: pd.DataFrame, tested: pd.DataFrame, tallies: pd.DataFrame
) -> str:
    tasks = _tasks(kept, family)
    what = (
        "validation regret in % of random search's"
        if family.unit == "mean"
        else "validation score, difference from random search in its standard deviations (negative is better; no best is known)"
    )
    over = "seeds" if tasks == 1 else "tasks and seeds"
    text = [
        f"{tasks} task{'s' * (tasks > 1)}, {_seeds(common)} seeds; {what}, with 95 % intervals over {over}.",
        f"Holm's family of the marks: {len(tested)} contrasts.",
    ]
    if common["seeds"].min() < FEW_SEEDS:
        text.append(
            f"Of rows with fewer than {FEW_SEEDS} seeds intervals are too narrow, and shares of being the best too sure."
        )
    if tasks == 1:
        text.append("Of one task nothing can be said of others like it.")
    if not tallies["tested"].all():
        text.append("†: too few seeds to test each task, so tasks are counted by means.")
    return " ".join(text)


def _by_task(kept: pd.DataFrame, family: Family, labels: list[str]) -> list[str]:
    """Mean regrets on each task, in its own unit."""
    mine = kept[kept["family"] == family.use]
    tasks = list(dict.fromkeys(mine["benchmark"]))
    if len(tasks) > MANY_TASKS:
        return []
    if len(tasks) <= FEW_TASKS:
        return [line for task in tasks for line in _of_task(mine[mine["benchmark"] == task], family, task, labels)]
    columns = {metric: f"{metric}_{family.common}" for metric in ("validation_regret", "test_regret")}
    means = mine.groupby(["strategy", "benchmark"], sort=False)[list(columns.values())].mean()
    lines = []
    for label in labels:
        pairs = [[means.loc[(label, task), column] for column in columns.values()] for task in tasks]
        lines.append([label, *(" / ".join(f"{one:.2g}" for one in pair if not np.isnan(one)) for pair in pairs)])
    tested = means[columns["test_regret"]].notna().any()
    what = "validation / test" if tested else "validation"
    heads = [task.partition("/")[2] for task in tasks]
    table = markdown(printed([f"regret, {family.common}", *heads], lines))
    return [f"Mean {what} regret of each task after {family.common}, in the unit of its objective:", "", table, ""]


def _of_task(mine: pd.DataFrame, family: Family, task: str, labels: list[str]) -> list[str]:
    """The table of one task: mean regrets at all numbers of evaluations, and the floor."""
    use, _, dataset = task.partition("/")
    columns = [f"{metric}_{budget}" for metric in ("validation_regret", "test_regret") for budget in family.budgets]
    means = mine.groupby("strategy", sort=False)[columns].mean()
    lines = [[label, *(_mean(means.loc[label, column]) for column in columns)] for label in labels]
    referee = nasbed.load_benchmark(use, dataset=dataset).referee()
    index, seen, chance = referee.winner("draw")
    values = referee.validation(index), referee.test(index, seen)
    floor = [float(best - chance @ value) for best, value in zip(referee.best(), values, strict=True)]
    lines.append(["floor", *(_mean(one) for one in floor for _ in family.budgets)])
    heads = [f"{word} {budget}" for word in ("val", "test") for budget in family.budgets]
    return [markdown(printed([task, *heads], lines)), ""]


def _mean(value: float) -> str:
    return ABSENT if np.isnan(value) else f"{value:.2f}"


def _overall(found: Mapping[str, pd.DataFrame], ground: Mapping[str, Family]) -> str:
    """All rows and families: what is left of random search's regret at the evaluations that all rows have."""
    places = standings.overall(found)
    lines = []
    for label, row in places.iterrows():
        cells = [str(label)]
        for name, one in found.items():
            if label not in one.index:
                cells.append(ABSENT)
                continue
            left = one.loc[label, "relative"]
            text = f"{100 * left:.0f}" if ground[name].unit == "mean" else f"{left:+.2f}"
            cells.append(text + ("•" if label in standings.not_ruled_out(one) else ""))
        lines.append([*cells, f"{row['mean']:.2f}", str(int(row["families"]))])
    return markdown(printed(["strategy", *(ground[name].title for name in found), "place", "families"], lines))


def _against(kept: pd.DataFrame, ground: Mapping[str, Family], label: str, rival: str) -> str:
    """One row against another on each family, as a table."""
    found = standings.against(kept, ground, label, rival)
    lines = [
        [
            ground[one.family].title,
            f"{one.tasks}",
            f"{one.seeds}",
            f"{one.difference:+.3f}",
            *map(p_value, (one.p, one.p_holm)),
        ]
        for one in found.itertuples()
    ]
    return markdown(printed(["family", "tasks", "seeds", "difference", "p", "p, Holm"], lines))


def _stability(kept: pd.DataFrame, ground: Mapping[str, Family]) -> str:
    """The tables of Kendall's tau between numbers of evaluations, and between families."""
    budgets, families = standings.stability(kept, ground)
    pairs = list(dict.fromkeys(zip(budgets["first"], budgets["second"], strict=True)))
    lines = []
    for name, mine in budgets.groupby("family", sort=False):
        cells = {(row.first, row.second): _tau(row) for row in mine.itertuples()}
        lines.append([ground[str(name)].title, *(cells.get(pair, ABSENT) for pair in pairs)])
    table = markdown(printed(["tau-b [95 %], rows", *(f"{one} and {other}" for one, other in pairs)], lines))
    names = list(dict.fromkeys([*families["first"], *families["second"]]))
    cells = {(row.first, row.second): f"{row.tau:.2f}" for row in families.itertuples()}
    square = [
        [ground[one].title, *(cells.get((one, other), cells.get((other, one), "")) for other in names)] for one in names
    ]
    between = markdown(printed(["tau-b", *(ground[name].title for name in names)], square))
    return "\n".join([table, "", between])


def _tau(row: tuple[object, ...]) -> str:
    return f"{row.tau:.2f} [{row.low:.2f}, {row.high:.2f}], {row.rows}"  # type: ignore[attr-defined]


def hunts(kept: pd.DataFrame) -> str:
    """Queries to the optimum, and thinking time where it was kept."""
    kept, timed = kept.dropna(subset=["queries"]), "thinking_ms" in kept
    benchmarks = list(dict.fromkeys(kept["benchmark"]))
    rows = []
    order = kept.groupby("strategy", sort=False)["queries"].mean().sort_values(kind="stable")
    for label in order.index:
        of = kept[kept["strategy"] == label]
        cells = []
        for benchmark in benchmarks:
            queries = of.loc[of["benchmark"] == benchmark, "queries"].to_numpy(float)
            low, high = mean_interval(queries, least=1.0, most=PATIENCE)
            missed = int((queries >= PATIENCE).sum())
            cells.append(f"{queries.mean():.0f} [{low:.0f}, {high:.0f}]" + (f", {missed} missed" if missed else ""))
        seeds = of.groupby("benchmark").size().iloc[0]
        rows.append([str(label), str(seeds), *cells, *([f"{of['thinking_ms'].mean():.2g}"] if timed else [])])
    return markdown(printed(["strategy", "seeds", *benchmarks, *(["ms a query"] if timed else [])], rows))
