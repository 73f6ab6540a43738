"""The ledger beside a baseline: which candidates were judged against it, so that trying until one passes is noticed.

A candidate is known by its trajectories. One that has the baseline's throughout tries nothing, and is not counted; one that is
judged again in the same way is the same. The file holds no dates and is sorted, a candidate a line, so that those of two branches
are joined by keeping both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from nasbed.errors import BaselineError, StoreError, named, shown
from nasbed.files import atomic_write
from nasbed.gate.verdict import PASSES, JudgedCandidates, Verdict
from nasbed.locks import alone

_OTHER = "copy the baseline into a folder that can be written"


@dataclass(frozen=True, order=True)
class Try:
    """A candidate that was judged: whose it is, the fingerprint of its trajectories, how it was judged, and what came of it."""

    strategy: str
    trajectories: str
    judged_by: str
    outcome: str


def ledger_of(baseline: Path | str) -> Path:
    """The file beside a baseline.

    >>> print(ledger_of("results/gate.json").as_posix())
    results/gate.judged.json
    """
    return Path(baseline).with_suffix(".judged.json")


def read(baseline: Path | str, identity: str) -> tuple[Try, ...]:
    """The candidates that were judged against the baseline with this identity; none where the file is of another, or not there.

    Raises :class:`~nasbed.errors.BaselineError` for a damaged file.
    """
    path = ledger_of(baseline)
    remedy = "restore it from version control, or delete it, and candidates are counted anew"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BaselineError(f"cannot read the ledger {named(path)}: {error.strerror}; {remedy}") from None
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"the ledger {named(path)} is damaged: {error}; {remedy}") from None
    if not isinstance(content, dict) or not {"baseline", "candidates"} <= set(content):
        raise BaselineError(
            f"the ledger {named(path)} is damaged: expected a table with the keys 'baseline' and 'candidates'; {remedy}"
        )
    if content["baseline"] != identity:
        return ()
    try:
        return tuple(sorted({_candidate(one) for one in content["candidates"]}))
    except (TypeError, ValueError):
        raise BaselineError(
            f"the ledger {named(path)} is damaged: candidates is {shown(content['candidates'])}; expected a list of tables with"
            f" the texts {', '.join(Try.__dataclass_fields__)}; {remedy}"
        ) from None


def counted(verdicts: Sequence[Verdict], baseline: Path | str, identity: str, before: int) -> list[Verdict]:
    """The verdicts, each with how many candidates have been judged; new ones are written into the ledger of the baseline's file.

    ``before`` were judged against the baselines that this one has replaced. Where the file cannot be written the verdicts say so.
    """
    path, unwritten = ledger_of(baseline), ""
    new = {verdict.strategy: _of(verdict) for verdict in verdicts if verdict.candidate}
    try:
        with alone(path, "judge one change after another"):
            known = read(baseline, identity)
            merged = tuple(sorted({_key(one): one for one in (*known, *new.values())}.values()))
            if merged != known:
                atomic_write(path, _dumped(identity, merged), _OTHER)
    except StoreError as error:
        known, unwritten = read(baseline, identity), str(error)
        merged = tuple({_key(one): one for one in (*known, *new.values())}.values())
    found = []
    for verdict in verdicts:
        mine = [one for one in merged if one.strategy == verdict.strategy]
        others = [one for one in mine if verdict.strategy not in new or _key(one) != _key(new[verdict.strategy])]
        failed = sum(one.outcome not in PASSES for one in others)
        judged = JudgedCandidates(
            len(mine), failed, len({one.trajectories for one in mine}), before, unwritten if verdict.candidate else ""
        )
        found.append(replace(verdict, judged=judged))
    return found


def remove(baseline: Path | str) -> None:
    """Delete the ledger of a baseline that has been replaced; one that stays is known to be of another baseline."""
    with suppress(OSError):
        ledger_of(baseline).unlink()


def _candidate(content: Any) -> Try:
    found = Try(**content)
    if not all(isinstance(value, str) for value in asdict(found).values()):
        raise TypeError
    return found


def _of(verdict: Verdict) -> Try:
    ways = f"{verdict.metric}, margin {verdict.margin:g}, alpha {verdict.alpha:g}, power {verdict.power:g}"
    return Try(verdict.strategy, verdict.candidate, ways, verdict.outcome)


def _key(one: Try) -> tuple[str, str, str]:
    return one.strategy, one.trajectories, one.judged_by


def _dumped(identity: str, candidates: Sequence[Try]) -> str:
    lines = ",\n".join(f"  {json.dumps(asdict(one), ensure_ascii=False)}" for one in candidates)
    return f'{{"baseline": "{identity}", "candidates": [\n{lines}\n]}}\n'
