"""The page of a report: one file, safe, the same each time, and in a browser it does what it says."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nasbed
from nasbed import figures
from nasbed.reports import architectures, html, runs
from nasbed.reports import writing as report
from nasbed.results.multiobjective.truths import truth
from nasbed.statistics.anytime import area_under_curve, expected_running_time, runtime_to_target
from nasbed.statistics.estimators import bayesian_mean, interquartile_mean

STUDY = """
name = "page"
title = "Title </script><script>alert(1)</script>"
seeds = 12
budget = { evaluations = 30 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar10"
objectives = ["accuracy", "latency"]
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
budget = { epochs = 2400 }
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
    files = {
        str(path.relative_to(tmp_path)) for path in report.write_report(results, tmp_path, strategies=["local_search"])
    }
    assert {"report.html", "table.md", "finals.csv"} <= files
    shown = figures.available(results)  # the reference stays, so that these are both
    assert {f"figures/{name}.{kind}" for name in shown for kind in ("pdf", "svg", "png", "csv", "txt")} <= files
    table = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert table.index(r"| \<b>random\</b> & co |") < table.index("| local_search |")


def test_figures_say_what_they_show_and_links_lead_to_files_that_are_there(results: nasbed.Results) -> None:
    drawn = figures.Drawn("ranks", "Ranks.", (), (7.0, 2.0), {"svg": b"<wide/>"}, "", 'Rank of "a": 1.', b"<narrow/>")
    made = html.page(results, results.curves(), drawn=[drawn], beside=["table.csv", "figures/ranks.pdf", "log.txt"])
    assert re.findall(r'<a href="([^#"]*)">', made) == ["table.csv", "figures/ranks.pdf"]
    assert 'alt="Rank of &quot;a&quot;: 1."' in made
    assert '<source media="(max-width: 46rem)" srcset="data:image/svg+xml,%3Cnarrow/%3E">' in made
    assert 'src="data:image/svg+xml,%3Cwide/%3E"' in made
    assert "href" not in re.sub(r'href="(#|data:)', "", html.page(results, results.curves()).split("<main>")[0])


def test_first_stands_what_matters(page: str) -> None:
    heads = re.findall(r"<th scope=\"col\"[^>]*>([^<]*)</th>", page.split('<h2 id="results-head">')[1])
    assert heads[:8] == ["strategy", "validation regret", "Δ", "p", "test regret", "Δ", "p", "test"]


def test_a_page_has_few_architectures_of_each_benchmark(
    results: nasbed.Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    (label, *_) = results.benchmarks
    found = architectures.content(results, label)
    runs = {(strategy, seed): found["indices"][arch] for strategy, seed, arch, _ in found["incumbents"]["runs"]}
    incumbents = [results.series_of(label, name).runs.incumbent for name in results.strategies]
    assert runs == {(place, seed): one[seed] for place, one in enumerate(incumbents) for seed in range(12)}
    monkeypatch.setattr(architectures, "MOST", 9)
    few = architectures.content(results, label)
    assert len(few["incumbents"]["runs"]) == 8
    assert "the first 4 of 12 seeds" in few["incumbents"]["rule"]
    assert [len(one) for one in (few["front"]["true"], found["front"]["true"])] == [
        3,
        len(truth(results.benchmarks[label]).front),
    ]


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
    driver.address = (folder / "report.html").as_uri()
    driver.get(driver.address)
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


@pytest.mark.parametrize("budget", [1, 7, 30])
def test_measures_at_a_budget_are_those_of_the_statistics(browser: Any, results: nasbed.Results, budget: int) -> None:
    """Of the records up to the budget, as the summary has them at the end."""
    opened(browser)
    script = (
        "slider.value = arguments[0]; slider.dispatchEvent(new Event('input', {bubbles: true}));"
        "return [...document.querySelectorAll('#at tbody tr')].map(r => [r.cells[0].textContent,"
        " ...[...r.cells].slice(4).map(c => c.dataset.value === '' ? null : Number(c.dataset.value))])"
    )
    shown = {name: found for name, *found in browser.execute_script(script, budget - 1)}
    assert f"after {budget} evaluation" in text(browser, "at-caption")
    curves = {
        name: results.series_of("nasbench201/cifar10", name).runs.validation_regret[:, :budget]
        for name in results.strategies
    }
    theirs = curves[results.reference][:, -1]
    for name, curve in curves.items():
        target = np.array([np.median(theirs)])
        times = runtime_to_target(curve, target)[:, 0]
        spent = np.minimum(results.series_of("nasbench201/cifar10", name).runs.count, budget)
        rope = 0.1 * float(theirs.std(ddof=1))
        alike = None if name == results.reference else bayesian_mean(curve[:, -1] - theirs, rope).equivalent
        expected = [
            float(interquartile_mean(curve[:, -1:])),
            float(area_under_curve(curve).mean()),
            float(np.isfinite(times).mean()),
            expected_running_time(times, spent),
            alike,
        ]
        for one, other in zip(shown[name], expected, strict=True):
            assert one is other is None or float(one) == pytest.approx(other, rel=1e-6, abs=1e-9)


def test_the_last_measures_are_those_of_the_table(results: nasbed.Results) -> None:
    """What a page holds of the runs is what the summary counts."""
    held = runs.content(results, "nasbench201/cifar10")
    assert held is not None
    assert held["reference"] == results.strategies.index(results.reference)
    for place, name in enumerate(results.strategies):
        curve = results.series_of("nasbench201/cifar10", name).runs.validation_regret
        for run, row in zip(held["runs"][place], curve, strict=True):
            places, codes = run[::2], run[1::2]
            again = [held["values"][codes[np.searchsorted(places, at, side="right") - 1]] for at in range(len(row))]
            assert again == pytest.approx(row.tolist(), rel=1e-7)


def test_a_page_of_too_many_runs_holds_none(results: nasbed.Results, monkeypatch: pytest.MonkeyPatch) -> None:
    for most in (23, 24):  # 24 runs, which change more than once
        monkeypatch.setattr(runs, "MOST", most)
        assert runs.content(results, "nasbench201/cifar10") is None


def test_a_strategy_that_is_unticked_disappears(browser: Any) -> None:
    count = "return document.querySelectorAll('#chart path, #chart polyline').length"
    before = browser.execute_script(count)
    boxes = browser.find_elements("css selector", "#strategies input[type=checkbox]")
    assert len(boxes) == 2
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", boxes[0])
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


def width(browser: Any, pixels: int, scheme: str = "light") -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    size = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    settled = "const done = arguments[0]; requestAnimationFrame(() => setTimeout(done, 50));"
    browser.execute_async_script(settled)


def opened(browser: Any, state: str = "") -> None:
    """The page as it opens at an address."""
    browser.get("about:blank")
    browser.get(f"{browser.address}{state}")


def text(browser: Any, name: str) -> str:
    return str(browser.execute_script("return document.getElementById(arguments[0]).textContent", name))


def eventually(browser: Any, said: Callable[[], bool]) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 10, 0.02).until(lambda _: said())


def press(browser: Any, plot: str, *keys: str) -> None:
    for key in keys:
        script = (
            "document.getElementById(arguments[0]).dispatchEvent(new KeyboardEvent('keydown', {key: arguments[1]}))"
        )
        browser.execute_script(script, plot, key)


def choose(browser: Any, control: str) -> None:
    script = (
        "const one = document.querySelector(arguments[0]);"
        "if (one.tagName !== 'OPTION') one.click();"
        "else { one.selected = true; one.parentElement.dispatchEvent(new Event('change', {bubbles: true})); }"
    )
    browser.execute_script(script, control)


def test_the_crosshair_says_every_value_by_keyboard_and_under_the_pointer(
    browser: Any, results: nasbed.Results
) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    opened(browser)
    press(browser, "plot", "Home", *["ArrowRight"] * 4)
    curves = results.curves().query("axis == 'evaluations' and x == 5 and metric == 'validation_regret'")
    mine = curves[curves["benchmark"] == "nasbench201/cifar10"].set_index("strategy")

    def read() -> dict[str, list[float]]:
        script = "return [...document.querySelectorAll('#readings li')].map(l => [...l.children].slice(1).map(s => s.textContent))"
        found: list[list[str]] = browser.execute_script(script)
        return {name: [float(mean), *map(float, re.findall(r"[\d.]+", low))] for name, mean, low in found}

    for name, shown in read().items():
        assert shown == pytest.approx(
            mine.loc[name, ["mean", "low", "high"]].astype(float).tolist(), rel=0.02, abs=6e-3
        )
    assert set(read()) == set(results.strategies)
    assert "after 5 evaluations" in text(browser, "readings-head")
    eventually(browser, lambda: text(browser, "said").startswith("After 5 evaluations: <b>random</b> & co "))
    assert " from " in text(browser, "said")
    chart = browser.find_element("id", "chart")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", chart)
    ActionChains(browser).move_to_element_with_offset(chart, chart.size["width"] // 3, 0).perform()
    assert "after 5 evaluations" not in text(browser, "readings-head")
    press(browser, "plot", "End")
    assert "after 30 evaluations" in text(browser, "readings-head")


def test_axes_follow_the_benchmark_and_no_plot_is_empty_without_a_sentence(browser: Any) -> None:
    opened(browser)
    offered = "return [...document.querySelectorAll('#axes label')].filter(l => l.checkVisibility()).map(l => l.firstChild.value)"
    checked = "return document.querySelector('input[name=axis]:checked').value"
    assert browser.execute_script(offered) == ["evaluations", "seconds"]
    choose(browser, "#benchmark option:nth-child(2)")
    assert browser.execute_script(offered) == ["evaluations", "seconds", "epochs"]
    for metric in ("test", "validation"):
        choose(browser, f"input[value={metric}]")
        for axis in ("epochs", "seconds", "evaluations", "epochs"):
            choose(browser, f"#axes input[value={axis}]")
            lines = browser.execute_script("return document.querySelectorAll('#chart path.line').length")
            assert lines == 2
            assert not re.search("NaN|Infinity", browser.find_element("id", "chart").get_attribute("innerHTML"))
            assert text(browser, "lacking") == ""
    choose(browser, "#benchmark option:nth-child(1)")
    assert browser.execute_script(checked) == "evaluations"
    choose(browser, "#benchmark option:nth-child(2)")
    assert browser.execute_script(checked) == "epochs"
    choose(browser, "#none")
    assert text(browser, "lacking") == "No strategy is ticked: tick one above to see its curve."
    choose(browser, "#all")
    assert text(browser, "lacking") == ""


def test_no_floor_is_offered_where_there_is_none(browser: Any, page: str, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    text, count = re.subn(r'"floor": ?\{[^}]*\}', '"floor":{"validation":null,"test":null}', page, count=1)
    assert count == 1
    file.write_text(text, encoding="utf-8")
    browser.get(file.as_uri())
    seen = (
        "return [document.getElementById('floor').checkVisibility(), document.querySelectorAll('#at tfoot tr').length]"
    )
    assert browser.execute_script(seen) == [False, 0]
    choose(browser, "#benchmark option:nth-child(2)")
    assert browser.execute_script(seen) == [True, 1]
    opened(browser)


def test_the_address_says_what_is_shown(browser: Any) -> None:
    opened(
        browser, "#benchmark=nasbench201%2Fcifar100&axis=epochs&metric=test&at=1220&strategies=local_search&off=floor"
    )
    state = (
        "return [benchmark.selectedOptions[0].textContent, document.querySelector('input[name=axis]:checked').value,"
        " document.querySelector('input[name=metric]:checked').value, document.getElementById('moment').textContent,"
        " document.querySelectorAll('#strategies input:checked').length, document.getElementById('floor').checked]"
    )
    told = ["nasbench201/cifar100", "epochs", "test", "1220 epochs", 1, False]
    assert browser.execute_script(state) == told
    choose(browser, "#floor")
    choose(browser, "#strategies label:nth-child(1) input")
    choose(browser, "input[value=validation]")
    wanted = "#benchmark=nasbench201%2Fcifar100&axis=epochs&metric=validation&at=1220"
    eventually(browser, lambda: browser.execute_script("return location.hash") == wanted)
    assert browser.execute_script("return history.length") <= 60
    opened(browser, "#benchmark=%E0%A4%A&axis=lightyears&metric=x&at=y&strategies=nobody")
    assert browser.execute_script(state)[:3] == ["nasbench201/cifar10", "evaluations", "validation"]
    assert text(browser, "lacking").startswith("No strategy is ticked")


@pytest.mark.parametrize("plot", ["front-plot", "decisions-plot"])
def test_a_point_leads_to_its_architecture(browser: Any, results: nasbed.Results, plot: str) -> None:
    opened(browser)
    assert text(browser, "architecture-head") == "No architecture is chosen"
    press(browser, plot, "End")
    names = browser.execute_script("return [...document.querySelectorAll('#architecture dt')].map(d => d.textContent)")
    chosen = browser.execute_script("return [...document.querySelectorAll('#architecture dd')].map(d => d.textContent)")
    benchmark = results.benchmarks["nasbench201/cifar10"]
    index = int(re.findall(r"Index (\d+)", text(browser, "architecture-drawn"))[0])
    decisions = benchmark.decisions()
    assert names == list(decisions)
    assert [decisions[name].index(one) for name, one in zip(names, chosen, strict=True)] == list(
        benchmark.space.at(index)
    )
    drawn = "return ['.node', '.edge'].map(one => document.querySelectorAll('#architecture svg ' + one).length)"
    assert browser.execute_script(drawn) == [4, 6]
    (strategy, seed) = re.findall(r"^(.+), seed (\d+):", text(browser, "architecture-head"))[0]
    if plot == "decisions-plot":
        assert results.series_of(benchmark.label, strategy).runs.incumbent[int(seed)] == index
    choose(browser, "#benchmark option:nth-child(2)")
    assert text(browser, "architecture-head") == "No architecture is chosen"
    assert not browser.find_element("id", "front-figure").is_displayed()


@pytest.mark.parametrize(("pixels", "scheme"), [(1280, "light"), (360, "dark")])
def test_at_every_width_it_fits_and_axe_finds_nothing(browser: Any, pixels: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_core_python.selenium", reason="needs axe-core-python, of the extra dev")
    width(browser, pixels, scheme)
    opened(browser)
    press(browser, "front-plot", "Home")
    size = browser.execute_script(
        "return [document.documentElement.scrollWidth, document.getElementById('chart').viewBox.baseVal.width]"
    )
    assert size[0] <= pixels
    assert size[1] < pixels
    regions = (
        "return [...document.querySelectorAll('.scroll')].filter(r => r.checkVisibility() && r.clientWidth)"
        ".map(r => [r.scrollWidth > r.clientWidth + 1, r.tabIndex === 0, r.classList.contains('more-right'),"
        " !r.previousSibling.hidden, r.closest('#results') !== null])"
    )
    found = browser.execute_script(regions)
    assert all(len(set(region[:4])) == 1 for region in found)
    assert any(region[0] for region in found if region[4]) == (pixels < 500)
    violations = axe.Axe().run(browser)["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in violations] == []
    width(browser, 1280)


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
