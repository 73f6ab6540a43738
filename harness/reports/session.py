"""What ``run.json`` says of a session, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nasbed.errors import named
from nasbed.studies.imported import origin_of


def facts(session: Mapping[str, Any]) -> dict[str, str]:
    """What is known of a session, by name: start, command, versions, system, commit, runs and times."""
    platform, git = session.get("platform") or {}, session.get("git") or {}
    found = {
        "folder": session.get("folder"),
        "imported from": origin_of(session) or None,
        "started": session.get("started"),
        "command": " ".join(map(str, session.get("command") or [])),
        "engine": session.get("engine"),
        "versions": versions(session),
        "system": platform.get("system"),
        "processor": platform.get("cpu"),
        "cores": platform.get("cores"),
        "commit": commit(git) if "commit" in git else None,
        "runs": session.get("runs"),
        "wall time": f"{session['wall_seconds']:,.1f} s" if "wall_seconds" in session else None,
        "processor time": f"{session['cpu_seconds']:,.1f} s" if "cpu_seconds" in session else None,
    }
    return {name: str(fact) for name, fact in found.items() if fact is not None}


def of_folders(records: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The records of several results folders as one: the sessions, series and study files of all, each with its folder."""
    if len(records) == 1:
        return next(iter(records.values()))
    return {
        "folders": list(records),
        "sessions": [{**one, "folder": name} for name, record in records.items() for one in record.get("sessions", [])],
        "series": [one for record in records.values() for one in record.get("series", [])],
        "study_text": "\n".join(
            f"# {named(name)}\n\n{str(record.get('study_text', '')).strip()}\n" for name, record in records.items()
        ),
    }


def versions(session: Mapping[str, Any]) -> str:
    """The packages of a session and their versions."""
    return ", ".join(f"{name} {version}" for name, version in (session.get("versions") or {}).items())


def commit(git: Mapping[str, Any]) -> str:
    """The commit of a session, and whether files differed from it."""
    return f"{git['commit']}{', with changes' if git.get('modified') else ''}"
