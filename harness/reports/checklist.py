"""The 14 best practices of Lindauer and Hutter (JMLR 21(243), 2020), answered from the records of a study where they can be.

A practice that the records show is checked; one that they show in part, that they contradict or that they say nothing of is left
open, with what the author has to add.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nasbed.reports.evidence import ChecklistAnswer, Evidence
from nasbed.reports.practices import PRACTICES
from nasbed.tables import escaping

if TYPE_CHECKING:
    from nasbed.results.results import Results


def answers(results: Results, record: Mapping[str, Any] | None = None) -> list[tuple[str, ChecklistAnswer]]:
    """The answer to each practice, in their order; ``record`` is the content of ``run.json``."""
    evidence = Evidence(results, record or {})
    return [(practice, answer(evidence)) for practice, answer in PRACTICES]


def markdown(results: Results, record: Mapping[str, Any] | None = None) -> str:
    """The checklist as GitHub-flavoured markdown: a box is ticked where the records show that a practice was kept."""
    found = answers(results, record)
    counts = {
        verdict: sum(answer.verdict == verdict for _, answer in found)
        for verdict in ("shown", "in part", "yours", "not met")
    }
    lines = [
        f"# Best practices of NAS research: {escaping.markdown(results.title)}",
        "",
        "The 14 practices of Lindauer and Hutter, *Best Practices for Scientific Research on Neural Architecture Search* (JMLR"
        " 21(243), 2020), in their order. A box is ticked where the records of the study show that the practice was kept.",
        "",
        ", ".join(f"{count} {_SAID[verdict]}" for verdict, count in counts.items() if count) + ".",
        "",
    ]
    for place, (practice, answer) in enumerate(found, start=1):
        lines.append(
            f"- [{'x' if answer.verdict == 'shown' else ' '}] **{place}. {practice}.** *{_SAID[answer.verdict]}.*"
        )
        lines += [f"  {answer.found}"] if answer.found else []
        lines += [f"  **To do:** {answer.remains}"] if answer.remains else []
    return "\n".join(lines) + "\n"


_SAID = {
    "shown": "shown by the records",
    "in part": "shown in part",
    "yours": "for the author to answer",
    "not met": "not met",
}
