"""The summary in a terminal and in a pipe: no markdown, and what a label holds is no markup."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from nasbed.commands import terminal
from nasbed.gate.page import Block, Heading, Items, Words, markdown
from nasbed.tables.printed import printed

PAGE: tuple[Block, ...] = (
    Heading("RE [red]*ours*: worse", sign="bad"),
    Words("+0.25 sd (a_b_c)."),
    printed(["benchmark", "effect"], [["nasbench201/cifar10", "+0.125"], ["c100", "-2.0"]]),
    Heading("Crashes", 2),
    Items(("on c10: \x1b[31mboom", "on c100")),
    Words("500 seeds.", small=True),
)


def test_a_pipe_gets_plain_aligned_text(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_page(PAGE)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "RE [red]*ours*: worse",
        "+0.25 sd (a_b_c).",
        "",
        "",
        " benchmark             effect",
        " ────────────────────────────",
        " nasbench201/cifar10   +0.125",
        " c100                    -2.0",
        "",
        "",
        "Crashes",
        "- on c10: \\x1b[31mboom",
        "- on c100",
        "",
        "500 seeds.",
    ]


def test_a_terminal_gets_bold_headings_and_folded_words(monkeypatch: pytest.MonkeyPatch) -> None:
    out = StringIO()
    console = Console(file=out, force_terminal=True, color_system="standard", width=40, height=50, highlight=False)
    monkeypatch.setattr(terminal, "open_console", lambda: console)
    terminal.print_page((*PAGE, Words("word " * 20)))
    text = out.getvalue()
    assert "\x1b[1;31mRE [red]*ours*: worse\x1b[0m" in text
    assert "\x1b[1mCrashes\x1b[0m" in text
    assert "#" not in text
    assert "|" not in text
    assert max(len(line) for line in text.splitlines() if "word" in line) <= 40


def test_a_file_gets_markdown() -> None:
    text = markdown(PAGE)
    assert text.startswith(
        "### ❌ RE [red]\\*ours\\*: worse\n\n+0.25 sd (a_b_c).\n\n| benchmark | effect |\n| --- | ---: |\n"
    )
    assert text.endswith("#### Crashes\n\n- on c10: \x1b[31mboom\n- on c100\n\n<sub>500 seeds.</sub>\n")
