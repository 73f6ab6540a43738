"""A baseline: the scores and trajectories of thousands of seeds of a study's strategies, in a file to be kept beside the code.

Raises :class:`~nasbed.errors.BaselineError` for a file that is damaged, was edited by hand, or is of another study.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.errors import BaselineError, named, shown
from nasbed.gate.definitions import definitions, differing_definitions
from nasbed.gate.form import require_form
from nasbed.gate.metrics import COLUMNS
from nasbed.gate.packing import pack, pack_whole, step_of, unpack, unpack_whole
from nasbed.gate.runs import all_gated
from nasbed.gate.sequential import FIRST, LIMIT
from nasbed.gate.thinking import ThinkingTimes
from nasbed.numeric import require_seed, require_whole
from nasbed.results.known import turn_in_place
from nasbed.statistics.spread import spread
from nasbed.studies.series import canonical
from nasbed.studies.study import MOST_SEEDS, Study
from nasbed.vocabulary import Objective

SEEDS = 5_000
"""Seeds of a baseline: its own error is then a small part of that of a gate's."""

_FORMAT = 2


@dataclass(frozen=True)
class StoredStrategy:
    """A strategy of a baseline.

    ``options`` are those that its code had, ``keys`` the identities of its series. ``scores`` holds, by label of a data set
    and name of a score, (seeds,) rounded to ``steps``, of the regrets that all runs have; ``fingerprints`` those of the first
    runs, by label of what was searched. ``starts`` say where the areas begin, ``thinking`` how long it thinks, ``failed`` the share
    of its trainings that failed.
    """

    use: str
    options: dict[str, Any]
    keys: dict[str, str]
    scores: dict[str, dict[str, np.ndarray]]
    steps: dict[str, dict[str, float]]
    fingerprints: dict[str, np.ndarray]
    starts: dict[str, float]
    thinking: dict[str, ThinkingTimes]
    failed: dict[str, float]

    def means(self) -> dict[str, dict[str, list[float]]]:
        """Mean and standard deviation of each score, for later baselines to be compared with."""
        return {
            label: {name: [float(values.mean()), float(spread(values))] for name, values in columns.items()}
            for label, columns in self.scores.items()
        }


@dataclass(frozen=True)
class Baseline:
    """The content of a baseline's file.

    ``all_gated`` says what was searched and how, and ``sources`` by which code; ``control`` holds fingerprints of random search;
    ``session`` says when, where and with what the baseline was made; ``first`` holds the means of the first baseline of this
    file, by strategy, and its seeds and day; ``judged`` counts the candidates judged against the baselines that this one replaced.
    """

    study: str
    text: str
    first_seed: int
    count: int
    all_gated: dict[str, dict[str, Any]]
    sources: dict[str, dict[str, str]]
    strategies: dict[str, StoredStrategy]
    control: dict[str, np.ndarray]
    session: dict[str, Any]
    first: dict[str, dict[str, Any]]
    judged: int = 0

    @property
    def identity(self) -> str:
        """The identity of the baseline: the hexadecimal SHA-256 of its content."""
        return hashlib.sha256(canonical(self.content()).encode()).hexdigest()

    @property
    def seeds(self) -> range:
        """The seeds with which the baseline was made."""
        return range(self.first_seed, self.first_seed + self.count)

    def shown(self, label: str, metric: str) -> tuple[str, float]:
        """The name of a regret on a data set, and how it is turned into the number shown: see :mod:`~nasbed.results.known`."""
        for gated in self.all_gated.values():
            if label in (names := gated.get("in_place", {})):
                return names[label][metric], turn_in_place(_objective(gated["objective"]))
        return metric, 1.0

    def content(self) -> dict[str, Any]:
        """The file as plain data, without its checksums."""
        return {
            "format": _FORMAT,
            "study": self.study,
            "seeds": {"first": self.first_seed, "count": self.count},
            "benchmarks": self.all_gated,
            "sources": self.sources,
            "strategies": {label: _described(known) for label, known in self.strategies.items()},
            "control": {name: pack_whole(values) for name, values in self.control.items()},
            "first": self.first,
            "judged": self.judged,
            "session": self.session,
            "study_text": self.text,
        }

    def dumped(self) -> str:
        """The text of the baseline's file, in JSON with its checksums."""
        content = self.content()
        return json.dumps({**content, "checksums": checksums(content)}, indent=1, ensure_ascii=False) + "\n"

    def write(self, path: Path | str) -> Path:
        """Write the baseline into a file; raises :class:`~nasbed.errors.StoreError`."""
        from nasbed.files import atomic_write

        atomic_write(Path(path), self.dumped(), "name another file with --update")
        return Path(path)

    @classmethod
    def load(cls, path: Path | str) -> Baseline:
        """Read a baseline from its file; raises :class:`~nasbed.errors.BaselineError`."""
        content = _read(path)
        try:
            found = _baseline(content)
            _require_unchanged(content)
            return found
        except BaselineError as error:
            raise BaselineError(f"{named(path)} is damaged: {error}; {_RESTORE}") from None

    def require(self, study: Study, strategies: Sequence[str]) -> None:
        """Refuse a study that this baseline cannot judge, and name what differs."""
        if study.name != self.study:
            raise BaselineError(
                f"the baseline is of the study {shown(self.study)}, not of {study.name!r}; give --against the baseline of this"
                " study"
            )
        if self.first_seed != study.seeds[0]:
            raise BaselineError(
                f"the baseline's seeds are {self.seeds[0]} to {self.seeds[-1]}, and the study's begin at {study.seeds[0]};"
                f" set first_seed = {self.first_seed}, or make the baseline anew with --update"
            )
        if self.count < FIRST:
            raise BaselineError(
                f"the baseline has {self.count} seeds, fewer than the {FIRST} of a first look; make it anew with --update"
            )
        for strategy in strategies:
            if strategy not in self.strategies:
                raise BaselineError(
                    f"the baseline lacks the strategy {strategy!r}; it has {', '.join(map(named, self.strategies))}; add it with"
                    " --update"
                )
        if differing := differing_definitions(self.all_gated, definitions(all_gated(study, study.strategies[0]))):
            raise BaselineError(f"the baseline does not fit the study: {'; '.join(differing)}; {_ANEW}")


_ANEW = "make it anew with --update, from the code that is to be the baseline"


_RESTORE = f"restore it from version control, or {_ANEW}"


def checksums(content: Mapping[str, Any]) -> dict[str, str]:
    """Parts of the SHA-256 of each entry of a file's content, and of each strategy's, which a change by hand would not keep."""
    parts: dict[tuple[str, ...], Any] = {(key,): value for key, value in content.items() if key != "strategies"}
    for label, strategy in content["strategies"].items():
        parts |= {("strategies", label, key): value for key, value in strategy.items()}
    return {
        " ".join(map(named, path)): hashlib.sha256(canonical(value).encode()).hexdigest()[:16]
        for path, value in parts.items()
    }


def _require_unchanged(content: Mapping[str, Any]) -> None:
    """Refuse what was changed after it was written, and name the entry."""
    kept = content["checksums"]
    now = checksums({key: value for key, value in content.items() if key != "checksums"})
    if changed := [name for name in dict.fromkeys([*now, *kept]) if kept.get(name) != now.get(name)]:
        others = f" (and {len(changed) - 1} more)" if len(changed) > 1 else ""
        raise BaselineError(
            f"the entry {named(changed[0])}{others} is not what was written, by its checksum; it was changed by hand or by a merge"
        )


def _described(known: StoredStrategy) -> dict[str, Any]:
    return {
        "use": known.use,
        "options": known.options,
        "keys": known.keys,
        "starts": known.starts,
        "thinking": {name: asdict(times) for name, times in known.thinking.items()},
        "failed": known.failed,
        "scores": {
            label: {name: pack(values, known.steps[label][name]) for name, values in columns.items()}
            for label, columns in known.scores.items()
        },
        "fingerprints": {name: pack_whole(values) for name, values in known.fingerprints.items()},
    }


def _objective(described: Mapping[str, Any]) -> Objective:
    return Objective(described["name"], described["unit"], described.get("maximise", True))


def _read(path: Path | str) -> dict[str, Any]:
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BaselineError(f"there is no baseline {named(path)}; make it with --update {named(path)}") from None
    except TypeError:
        raise BaselineError(f"baseline = {shown(path)}; expected the path of a file, or a Baseline") from None
    except json.JSONDecodeError as error:
        raise BaselineError(
            f"{named(path)} is damaged: it is no whole JSON ({error}), as where it was cut short or holds the marks of a merge;"
            f" {_RESTORE}"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise BaselineError(f"{named(path)} is no baseline: {error}; {_RESTORE}") from None
    if not isinstance(content, dict) or "format" not in content:
        raise BaselineError(f"{named(path)} is no baseline: the key 'format' is missing; {_ANEW}")
    if content["format"] != _FORMAT:
        raise BaselineError(
            f"{named(path)} has the format {shown(content['format'])}, as of another version of nasbed; this one reads"
            f" {_FORMAT}; {_ANEW}"
        )
    return content


def _baseline(content: dict[str, Any]) -> Baseline:
    require_form(content)
    count = require_whole("seeds count", content["seeds"]["count"], 2, MOST_SEEDS, BaselineError)
    return Baseline(
        content["study"],
        content["study_text"],
        require_seed(content["seeds"]["first"], "seeds first", BaselineError),
        count,
        content["benchmarks"],
        content["sources"],
        {label: _stored_strategy(label, described, count) for label, described in content["strategies"].items()},
        {name: unpack_whole(packed, min(CHECKED, count), name) for name, packed in content["control"].items()},
        content["session"],
        content["first"],
        require_whole("judged", content["judged"], 0, 2**53, BaselineError),
    )


CHECKED = 25
"""Seeds of random search that are run beside a strategy."""


def _stored_strategy(strategy: str, described: dict[str, Any], count: int) -> StoredStrategy:
    scores = {label: [name for name in COLUMNS if name in columns] for label, columns in described["scores"].items()}
    return StoredStrategy(
        described["use"],
        described["options"],
        described["keys"],
        {
            label: {
                name: unpack(described["scores"][label][name], count, f"{named(strategy)}, {named(label)}, {name}")
                for name in names
            }
            for label, names in scores.items()
        },
        {
            label: {name: float(described["scores"][label][name]["step"]) for name in names}
            for label, names in scores.items()
        },
        {
            name: unpack_whole(packed, min(LIMIT, count), f"{named(strategy)}, {named(name)}, fingerprints")
            for name, packed in described["fingerprints"].items()
        },
        described["starts"],
        {name: ThinkingTimes(**times) for name, times in described["thinking"].items()},
        described["failed"],
    )


def steps_of(scores: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, dict[str, float]]:
    """For each score the step that its values are rounded to, by data set and name of the score."""
    return {label: {name: step_of(values) for name, values in columns.items()} for label, columns in scores.items()}
