"""Baselines: what a file keeps, what it refuses to judge, and the drift from the first one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from daily import sampled

from nasbed.commands.gating import gate
from nasbed.errors import BaselineError, NasbedError, OptionError, StoreError, StrategyError
from nasbed.files import atomic_write
from nasbed.gate.baseline import Baseline, checksums
from nasbed.gate.commands import gate_command, update_command
from nasbed.gate.gate import run_gate
from nasbed.gate.record import drift, make_baseline
from nasbed.studies.study import Study

Content = dict[str, Any]


@pytest.fixture
def stored(baseline: Baseline, tmp_path: Path) -> Path:
    """The baseline in a file."""
    return baseline.write(tmp_path / "gated.json")


def edited(path: Path, change: Callable[[Content], object]) -> Path:
    """The file as if it had been written with other content, its checksum right."""
    content = json.loads(path.read_text())
    del content["checksums"]
    change(content)
    path.write_text(json.dumps({**content, "checksums": checksums(content)}))
    return path


def refused(study: Study, path: Path, message: str, kind: type[NasbedError] = BaselineError) -> None:
    with pytest.raises(kind, match=re.escape(message)):
        run_gate(study, path)


def test_a_file_gives_back_what_was_made(baseline: Baseline, stored: Path) -> None:
    back = Baseline.load(stored)
    assert back.content() == baseline.content()
    for label, columns in baseline.strategies["evolution"].scores.items():
        for name, values in columns.items():
            assert (back.strategies["evolution"].scores[label][name] == values).all()
    assert back.dumped() == stored.read_text()


def test_a_file_is_small_and_names_no_machine_path(baseline: Baseline, stored: Path) -> None:
    assert stored.stat().st_size < 40 * baseline.count * 2
    assert str(Path.cwd()) not in stored.read_text()


@pytest.mark.thorough
def test_the_same_runs_give_the_same_file_but_for_its_session_and_timing(study_text: str, baseline: Baseline) -> None:
    study = Study.parse(study_text)
    made = [make_baseline(study, seeds=100, command=["nasbed"]).content() for _ in range(2)]
    for content in made:
        del content["session"], content["first"]
        for known in content["strategies"].values():
            del known["thinking"]
    assert made[0] == made[1]
    prefix = baseline.strategies["evolution"].fingerprints["nasbench201/cifar10"][:100]
    assert (
        make_baseline(study, seeds=100).strategies["evolution"].fingerprints["nasbench201/cifar10"].tolist()
        == prefix.tolist()
    )


def test_the_scores_are_those_of_the_study(study_text: str, baseline: Baseline, tmp_path: Path) -> None:
    import nasbed

    results = nasbed.run_study(Study.parse(study_text), tmp_path / "run")
    finals = results.scores("test_regret")["evolution"]
    for place, label in enumerate(results.benchmarks):
        kept = baseline.strategies["evolution"].scores[label]["final_test_regret"][:5]
        assert kept == pytest.approx(finals[:, place], abs=0.01)


def test_another_study_is_refused(study_text: str, stored: Path) -> None:
    other = Study.parse(study_text.replace('name = "gated"', 'name = "other"'))
    refused(
        other, stored, "the baseline is of the study 'gated', not of 'other'; give --against the baseline of this study"
    )


def test_other_seeds_are_refused(study_text: str, stored: Path) -> None:
    other = Study.parse(study_text.replace("seeds = 5", "seeds = 5\nfirst_seed = 7"))
    refused(other, stored, "the baseline's seeds are 0 to 399, and the study's begin at 7; set first_seed = 0")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "evaluations = 30",
            "evaluations = 31",
            "the amount of the budget is 30 in the baseline and 31 in the study (nasbench201/cifar10, nasbench201/cifar100)",
        ),
        (
            "{ evaluations = 30 }",
            "{ seconds = 9e5 }",
            "the kind of the budget is evaluations in the baseline and seconds in",
        ),
        ("seeds = 5", 'seeds = 5\nnoise = "mean"', "noise is draw in the baseline and mean in the study"),
        ("seeds = 5", "seeds = 5\nworkers = 4", "workers is 1 in the baseline and 4 in the study"),
        (
            '"cifar100"',
            '"ImageNet16-120"',
            "nasbench201/ImageNet16-120 is not in the baseline",
        ),
        (
            '"cifar100"',
            '"cifar100"\nlabel = "C"',
            "C is not in the baseline; nasbench201/cifar100 is not in the study",
        ),
        ('"cifar10"\n', '"cifar10"\nreport = ["cifar100"]\n', "report nasbench201/cifar10 is"),
    ],
)
def test_other_benchmarks_and_rules_are_refused_and_named(
    study_text: str, stored: Path, old: str, new: str, message: str
) -> None:
    changed = study_text.replace(old, new, 1)
    assert changed != study_text
    refused(Study.parse(changed), stored, message)


def test_another_version_of_the_data_is_refused(study_text: str, stored: Path) -> None:
    def change(content: Content) -> None:
        content["benchmarks"]["nasbench201/cifar10"]["data"] = "0" * 64

    refused(
        Study.parse(study_text),
        edited(stored, change),
        "the baseline does not fit the study: data is 000000000000... in the baseline and",
    )


def test_a_missing_strategy_is_refused(study_text: str, stored: Path) -> None:
    other = Study.parse(study_text.replace('label = "evolution"', 'label = "RE"'))
    refused(other, stored, "the baseline lacks the strategy 'RE'; it has evolution; add it with --update")


def test_missing_seeds_are_refused(study_text: str, baseline: Baseline, stored: Path) -> None:
    def fewer(content: Content) -> None:
        content["seeds"]["count"] = 399

    refused(
        Study.parse(study_text),
        edited(stored, fewer),
        "holds 400 seeds; expected 399; restore it from version control, or make it anew",
    )
    with pytest.raises(BaselineError, match="the baseline has 50 seeds, fewer than the 100 of a first look"):
        run_gate(Study.parse(study_text), replace(baseline, count=50))


def test_a_missing_column_is_refused(study_text: str, stored: Path) -> None:
    def change(content: Content) -> None:
        del content["strategies"]["evolution"]["scores"]["nasbench201/cifar10"]["final_test_regret"]

    refused(
        Study.parse(study_text),
        edited(stored, change),
        "is damaged: scores of evolution on nasbench201/cifar10: 'final_test_regret' is missing",
    )


@pytest.mark.parametrize(
    ("label", "named"),
    [("\t0", r"'\t0'"), ("a\n\n\nb", r"'a\n\n\nb'"), ("a" * 5000, "4,802 more characters")],
    ids=["tab", "lines", "long"],
)
def test_labels_that_cannot_be_read_are_shown_as_python_writes_them(
    study_text: str, stored: Path, label: str, named: str
) -> None:
    def change(content: Content) -> None:
        content["benchmarks"][label] = None

    path = edited(stored, change)
    refused(Study.parse(study_text), path, named)
    refused(
        Study.parse(study_text),
        path,
        " is None; expected a table; restore it from version control, or make it anew with --update",
    )


def test_a_file_changed_by_hand_is_refused_and_the_entry_named(study_text: str, stored: Path) -> None:
    whole = stored.read_text()
    stored.write_text(whole.replace('"failed": {', '"failed": {"x": 0,', 1))
    refused(
        Study.parse(study_text),
        stored,
        "is damaged: the entry strategies evolution failed is not what was written, by its checksum; it was changed by hand or by a"
        " merge; restore it from version control, or make it anew with --update",
    )
    stored.write_text(whole.replace('"count": 400', '"count": 0400').replace('"judged": 0', '"judged": 7'))
    refused(Study.parse(study_text), stored, "it is no whole JSON (Expecting ',' delimiter: line")
    stored.write_text(whole.replace('"judged": 0', '"judged": 7'))
    refused(Study.parse(study_text), stored, "the entry judged is not what was written")


@pytest.mark.parametrize("share", sampled([0.0, 0.1, 0.5, 0.9, 0.9999], 3))
def test_a_file_that_was_cut_short_is_refused(study_text: str, stored: Path, share: float) -> None:
    whole = stored.read_bytes()
    stored.write_bytes(whole[: int(share * len(whole))])
    message = "is damaged: it is no whole JSON ("
    refused(Study.parse(study_text), stored, f"{stored} {message}")
    refused(Study.parse(study_text), stored, "as where it was cut short or holds the marks of a merge; restore it from")


@pytest.mark.parametrize("value", [None, [], 3, "x", {}])
def test_an_entry_of_another_kind_is_named_with_what_was_expected(stored: Path, value: object) -> None:
    whole = json.loads(stored.read_text())
    for key in [key for key in whole if key not in ("format", "sources")]:
        stored.write_text(json.dumps({**whole, key: value}))
        with pytest.raises(BaselineError, match=rf"{re.escape(str(stored))} is damaged: .*; restore it from") as caught:
            Baseline.load(stored)
        assert key.split("_")[0] in str(caught.value) or "checksum" in str(caught.value), (key, str(caught.value))


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("!", "the column of evolution, nasbench201/cifar10, area_validation_regret is damaged: "),
        ("AAAA", "the column of evolution, nasbench201/cifar10, area_validation_regret is damaged: "),
        (7, "strategies evolution scores nasbench201/cifar10 area_validation_regret data is 7; expected a text"),
    ],
)
def test_an_altered_column_is_named(study_text: str, stored: Path, column: object, message: str) -> None:
    content = json.loads(stored.read_text())
    packed = content["strategies"]["evolution"]["scores"]["nasbench201/cifar10"]["area_validation_regret"]
    packed["data"] = column
    stored.write_text(json.dumps(content))
    refused(Study.parse(study_text), stored, message)


def test_two_columns_that_changed_places_are_noticed(study_text: str, stored: Path) -> None:
    content = json.loads(stored.read_text())
    scores = content["strategies"]["evolution"]["scores"]
    scores["nasbench201/cifar10"], scores["nasbench201/cifar100"] = (
        scores["nasbench201/cifar100"],
        scores["nasbench201/cifar10"],
    )
    stored.write_text(json.dumps(content))
    refused(Study.parse(study_text), stored, "the entry strategies evolution scores is not what was written")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is damaged: it is no whole JSON (Expecting property name"),
        ("[]", "is no baseline: the key 'format' is missing"),
        (
            '{"format": 1}',
            "has the format 1, as of another version of nasbed; this one reads 2; make it anew with --update",
        ),
        ('{"format": 2}', "is damaged: the key 'study' is missing"),
    ],
)
def test_what_is_no_baseline_is_refused(study_text: str, tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "b.json"
    path.write_text(content)
    refused(Study.parse(study_text), path, message)


def test_a_file_that_is_not_there_is_refused_with_the_command_that_makes_it(study_text: str, tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    refused(Study.parse(study_text), path, f"there is no baseline {path}; make it with --update {path}")


@pytest.mark.parametrize("seeds", [99, 0, True, 100.0])
def test_too_few_seeds_for_a_baseline_are_refused(study_text: str, seeds: int) -> None:
    with pytest.raises(
        OptionError, match=r"seeds = .*; expected a whole number in 100 \(those of a gate's first look\) .. 1,000,000"
    ):
        make_baseline(Study.parse(study_text), seeds=seeds)


def test_a_strategy_that_fails_cannot_be_a_baseline(variant: Callable[[str], Study]) -> None:
    with pytest.raises(StrategyError, match=r"division by a lucky number.*cannot be a baseline"):
        make_baseline(variant("gated:Crashes"), seeds=100)
    with pytest.raises(BaselineError, match=r"100 of 100 runs end without an incumbent \(seed 0 first\)"):
        make_baseline(variant("gated:Silent"), seeds=100)


@pytest.mark.thorough
def test_an_update_keeps_the_first_baseline_and_prints_the_drift(
    study_text: str, variant: Callable[[str], Study], tmp_path: Path
) -> None:
    path = tmp_path / "new" / "b.json"
    first = update_command(Study.parse(study_text), path, seeds=100, engine="local:1")
    assert "+0.000 ±" in first.text
    assert "A gate of 100 seeds finds 0.48 sd" in first.text
    before = Baseline.load(path)
    second = update_command(variant("gate_variants:StaleValue"), path, seeds=200, engine="local:1")
    after = Baseline.load(path)
    assert after.first == before.first
    assert after.count == 200
    moved = {(one.benchmark, one.metric): one for one in drift(after)}
    one = moved["nasbench201/cifar100", "validation_regret"]
    mean, sd = before.strategies["evolution"].means()["nasbench201/cifar100"]["area_validation_regret"]
    assert one.first == mean
    assert one.sds == pytest.approx((one.now - mean) / sd)
    assert one.sds > one.half_width > 0
    assert f"{one.sds:+.3f}" in second.text
    assert list(path.parent.iterdir()) == [path]


def test_an_update_over_another_study_is_refused_and_the_file_kept(study_text: str, stored: Path) -> None:
    kept = stored.read_bytes()
    with pytest.raises(BaselineError, match="the amount of the budget is 30 in the baseline and 20 in the study"):
        update_command(Study.parse(study_text.replace("= 30", "= 20")), stored, seeds=100, engine="local:1")
    stored.write_text("{}")
    with pytest.raises(BaselineError, match="delete the file to begin a new record"):
        update_command(Study.parse(study_text), stored, seeds=100, engine="local:1")
    stored.write_bytes(kept)


def test_the_command_writes_what_it_is_told_to(
    study_text: str, variant: Callable[[str], Study], stored: Path, tmp_path: Path
) -> None:
    study = tmp_path / "gated.toml"
    study.write_text(study_text)
    passed = gate_command(study, stored, engine="local:1", as_json=True)
    assert passed.exit_code == 0
    assert json.loads(passed.text)["verdicts"][0]["outcome"] == "unchanged"
    files = {"markdown": tmp_path / "out" / "gate.md", "junit": tmp_path / "out" / "gate.xml"}
    failed = gate_command(variant("gate_variants:StaleValue"), stored, engine="local:1", **files)
    assert failed.exit_code == 1
    assert files["markdown"].read_text() == failed.text
    assert "<failure" in files["junit"].read_text()


def test_new_runs_are_rounded_as_the_baseline_is(baseline: Baseline) -> None:
    known = baseline.strategies["evolution"]
    for label, columns in known.scores.items():
        for name, values in columns.items():
            step = known.steps[label][name]
            assert np.abs(values / step - np.rint(values / step)).max() < 1e-6


def test_a_report_that_is_a_folder_is_refused_before_anything_runs(tmp_path: Path) -> None:
    for option in ("markdown", "junit"):
        with pytest.raises(OptionError, match=f"{option} = '.*' is a folder; name a file with --{option}"):
            gate_command("none.toml", "none.json", **{option: tmp_path})  # type: ignore[arg-type]
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StoreError, match=r"cannot write .*; make room for it, or name another file with --markdown"):
        atomic_write(file / "gate.md", "", "name another file with --markdown")


def test_an_update_of_one_strategy_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(
        OptionError, match="--strategy RE beside --update: a baseline holds every strategy of the study"
    ):
        gate(tmp_path / "study.toml", update=tmp_path / "gated.json", strategy="RE")
    assert not (tmp_path / "gated.json").exists()
