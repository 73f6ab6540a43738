"""Docstrings as Markdown: roles become links, and examples become code."""

from __future__ import annotations

import re

ROLE = re.compile(r":\w+:`(?:(?P<text>[^`<]+?)\s*<(?P<to>[^`>]+)>|(?P<name>[^`]+))`")


def markdown(text: str) -> str:
    """A docstring in reStructuredText as Markdown.

    A name that has an entry of its own in the reference becomes a link to it there, and stays as code where it has none.
    """
    plain = re.sub("::$", ":", re.sub("^::$", "", text, flags=re.MULTILINE), flags=re.MULTILINE)
    return _fenced(ROLE.sub(_link, plain).replace("``", "`"))


def _link(role: re.Match[str]) -> str:
    name = role["to"] or role["name"]
    target = name.lstrip("~")
    shown = role["text"] or (target.rpartition(".")[2] if name.startswith("~") else target)
    return f'<autoref identifier="{target}" optional><code>{shown}</code></autoref>'


def _fenced(text: str) -> str:
    """Examples between fences: from a prompt to the next empty line."""
    found: list[str] = []
    inside = False
    for line in text.splitlines():
        if not inside and line.startswith(">>> "):
            found += ["", "```pycon"]
            inside = True
        elif inside and not line.strip():
            found.append("```")
            inside = False
        found.append(line)
    return "\n".join([*found, "```"] if inside else found)
