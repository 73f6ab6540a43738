"""The page of a report: one file, safe, the same each time, and in a browser it does what it says."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nasbed
from nasbed.reports import html
from nasbed.reports import writing as report

STUDY = """
name = "page"
title = "Title </script><script>alert(1)</script>"
seeds = 12
budget = { evaluations = 30 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar10"
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
[[strategy]]
use = "random_search"
label = "<b>random</b> & co"
[[strategy]]
use = "local_search"
"""
BROWSER = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
DRIVER = shutil.which("chromedriver")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> nasbed.Results:
    return nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path_factory.mktemp("page") / "out")


@pytest.fixture(scope="module")
def page(results: nasbed.Results) -> str:
    return html.page(results, results.curves(), {"study_text": STUDY, "sessions": []})


def test_the_page_holds_all_it_needs_and_no_address(page: str) -> None:
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page)
    assert "@import" not in page
    assert "url(" not in page
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "default-src 'none'" in policy.group(1)
    assert '<html lang="en"' in page
    assert "12 seeds" in page
    assert "Cost model" in page
    assert "Power: with 12 seeds" in page


def test_what_users_wrote_is_text(page: str) -> None:
    assert "<script>alert(1)" not in page
    assert "<b>random</b>" not in page
    assert "&lt;b&gt;random&lt;/b&gt; &amp; co" in page


def test_the_page_is_the_same_each_time(results: nasbed.Results, page: str) -> None:
    assert html.page(results, results.curves(), {"study_text": STUDY, "sessions": []}) == page


@pytest.mark.thorough
def test_a_full_report_has_the_page_and_all_figures(results: nasbed.Results, tmp_path: Path, drawn_once: None) -> None:
    from nasbed import figures

    files = {
        str(path.relative_to(tmp_path)) for path in report.write_report(results, tmp_path, strategies=["local_search"])
    }
    assert {"report.html", "table.md", "finals.csv"} <= files
    shown = figures.available(results.subset(["local_search"]))
    assert {f"figures/{name}.{kind}" for name in shown for kind in ("pdf", "svg", "png", "csv", "txt")} <= files
    assert "<b>random" not in (tmp_path / "table.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser(page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if BROWSER is None or DRIVER is None:
        pytest.skip("needs Chromium and chromedriver, which are not part of Python")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    folder = tmp_path_factory.mktemp("browser")
    (folder / "report.html").write_text(page, encoding="utf-8")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in ("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
                 "disable-component-update", "disable-sync", f"user-data-dir={folder / 'profile'}"):  # fmt: skip
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.get((folder / "report.html").as_uri())
    yield driver
    driver.quit()


def cells(browser: Any, table: str) -> list[list[str]]:
    script = "return [...document.querySelectorAll(arguments[0] + ' tbody tr')].map(r => [...r.cells].map(c => c.innerText.trim()))"
    rows: list[list[str]] = browser.execute_script(script, table)
    return rows


def test_the_budget_slider_shows_the_regrets_at_that_budget(browser: Any, results: nasbed.Results) -> None:
    moved = "slider.value = arguments[0]; slider.dispatchEvent(new Event('input', {bubbles: true}));"
    browser.execute_script(moved, 9)
    moment = browser.find_element("id", "moment").text
    evaluations = int(re.findall(r"\d+", moment)[0])
    assert evaluations < 30
    rows = {row[0]: row[1:] for row in cells(browser, "#at")}
    for strategy, scores in results.scores(at=evaluations).items():
        assert float(rows[strategy][0]) == pytest.approx(float(np.mean(scores[:, 0])), abs=6e-3)


def test_a_strategy_that_is_unticked_disappears(browser: Any) -> None:
    count = "return document.querySelectorAll('#chart path, #chart polyline').length"
    before = browser.execute_script(count)
    boxes = browser.find_elements("css selector", "#strategies input[type=checkbox]")
    assert len(boxes) == 2
    boxes[0].click()
    assert browser.execute_script(count) < before
    assert [row[0] for row in cells(browser, "#at")][:1] == ["local_search"]
    boxes[0].click()
    assert browser.execute_script(count) == before


def test_tables_are_sorted_by_a_click_and_by_the_keyboard(browser: Any) -> None:
    table = browser.find_element("css selector", "#results table.sortable")
    head = table.find_elements("css selector", "th button")[0]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", head)
    first = [row.text for row in table.find_elements("css selector", "tbody th, tbody td:first-child")]
    browser.execute_script("arguments[0].click()", head)
    ascending = [row.text for row in table.find_elements("css selector", "tbody th, tbody td:first-child")]
    head.send_keys("\ue007")
    descending = [row.text for row in table.find_elements("css selector", "tbody th, tbody td:first-child")]
    assert sorted(first) == sorted(ascending) == sorted(descending)
    assert [name for name in ascending if name != "floor"] == [name for name in descending if name != "floor"][::-1]
    assert table.find_elements("css selector", "th[aria-sort=descending]")


def test_every_control_has_a_name(browser: Any) -> None:
    controls = browser.find_elements("css selector", "input, select, button, summary")
    assert len(controls) > 10
    assert [
        control.get_attribute("outerHTML")
        for control in controls
        if control.is_displayed() and not control.accessible_name
    ] == []


def test_nothing_is_asked_of_the_network_and_nothing_fails(browser: Any) -> None:
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    asked = [
        message["params"]["request"]["url"]
        for entry in browser.get_log("performance")
        if (message := json.loads(entry["message"])["message"])["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if url.startswith(("http", "ws"))] == []
