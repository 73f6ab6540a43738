"""What the answers to best practices are drawn from: results, and the record of how they were made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from nasbed.results.looks import Identity
from nasbed.studies.imported import IMPORTED

if TYPE_CHECKING:
    from nasbed.results.results import Results
    from nasbed.results.series import SeriesResult

Verdict = Literal["shown", "in part", "not met", "yours"]
"""``shown`` by the records, ``in part``, ``not met`` according to them, or ``yours``: the author's to answer."""


@dataclass(frozen=True)
class ChecklistAnswer:
    """What the records say of a practice, and what is left to the author."""

    verdict: Verdict
    found: str = ""
    remains: str = ""


@dataclass(frozen=True)
class Evidence:
    """What the answers are drawn from: the results, and the content of ``run.json`` where there is one."""

    results: Results
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sessions(self) -> list[Mapping[str, Any]]:
        return list(self.record.get("sessions", []))

    @property
    def archived(self) -> dict[str, SeriesResult]:
        """A series of each strategy whose runs are of the archive, by its label."""
        found: dict[str, SeriesResult] = {}
        for series in self.results.series:
            if series.archived:
                found.setdefault(series.strategy, series)
        return found

    @property
    def own(self) -> list[SeriesResult]:
        """The series that are not of the archive."""
        return [series for series in self.results.series if not series.archived]

    @property
    def imported(self) -> list[str]:
        """The strategies whose records were made elsewhere."""
        return list(dict.fromkeys(series.strategy for series in self.results.series if series.origin))

    def entries(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Label and content of each strategy that the record knows, once, whatever it is called there; none of the archive."""
        known = [
            (str(entry["strategy"]), entry.get("content", {}).get("strategy", {}))
            for entry in self.record.get("series", [])
            if IMPORTED not in entry.get("content", {})
        ]
        own = {shown: name for name, shown in self.results.names.items()}
        found: dict[str, Mapping[str, Any]] = {}
        for series in self.own:
            label, content = series.strategy, dict(known)
            if label not in found and not series.origin:
                named = content.get(label) or content.get(own.get(label, label))
                same = named or next((one for _, one in known if _is(series.identity, one)), None)
                found |= {label: same} if same else {}
        return list(found.items())

    def uses(self) -> dict[str, str]:
        """The strategy behind each label; the label itself where there is no record."""
        known = {label: str(content.get("use", label)) for label, content in self.entries()}
        known |= {label: one.identity.use for label, one in self.archived.items() if one.identity}
        return {label: known.get(label, label) for label in self.results.strategies}

    def options(self) -> dict[str, Mapping[str, Any]]:
        """The options as run, by label: those of the record, then those of the archive's manifest."""
        own = {label: content.get("options", {}) for label, content in self.entries()}
        return own | {label: json.loads(series.as_run or "{}") for label, series in self.archived.items()}

    def tabular(self) -> bool:
        """Whether every answer came from a table."""
        return all(series.searched.recorded(series.searched.epochs[-1]) is not None for series in self.results.series)


def _is(identity: Identity | None, content: Mapping[str, Any]) -> bool:
    """Whether the content of a record is of a strategy: of its name, and with the options that its study gave it."""
    if identity is None or content.get("use") != identity.use:
        return False
    given = json.loads(identity.options or "{}")
    return all(content.get("options", {}).get(name) == value for name, value in given.items())
