"""A study file with a mistake is refused with what was expected, and nothing is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from daily import sampled
from forking import Command
from tiny import DATASETS, TINY, all_of, benchmark, budget, refused, seeds, strategy, top

from nasbed.errors import BudgetError, NasbedError, OptionError, PluginError, StudyError, UnknownNameError
from nasbed.studies.study import Study

EVOLUTION = 'use = "regularized_evolution"\n'
REINFORCE = 'use = "reinforce"\n'
SEEDS = ("expected a whole number in 1 .. 1,000,000",)
POSITIVE = ("expected a positive number",)
ONE_BUDGET = ("expected one of evaluations, seconds or epochs", "budget = { evaluations = 200 }")


REFUSED: dict[str, tuple[str, type[NasbedError], tuple[str, ...]]] = {
    "strategy": (
        strategy('use = "regularised_evolution"'),
        UnknownNameError,
        ("strategy 'regularised_evolution'", "did you mean 'regularized_evolution'?", "random_search"),
    ),
    "nothing like a strategy": (
        strategy('use = "xyzzy"'),
        UnknownNameError,
        ("'xyzzy'; known: alternate, asha",),
    ),
    "benchmark": (
        benchmark('use = "nasbench21"'),
        UnknownNameError,
        ("benchmark 'nasbench21'", "did you mean 'nasbench201'?"),
    ),
    "data set": (
        benchmark('use = "nasbench201"\ndataset = "cifar01"'),
        UnknownNameError,
        ("data set of nasbench201 'cifar01'", "did you mean 'cifar10'?", *DATASETS),
    ),
    "data set of another type": (benchmark('use = "nasbench201"\ndataset = 10'), UnknownNameError, ("10", *DATASETS)),
    "option": (
        strategy(EVOLUTION + "populaton = 10"),
        UnknownNameError,
        ("option of regularized_evolution 'populaton'", "did you mean 'population'?", "known: population, sample"),
    ),
    "option of a strategy without": (strategy('use = "random_search"\nsize = 1'), UnknownNameError, ("known: none",)),
    "option of a benchmark": (
        benchmark('use = "nasbench201"\ndata_set = "cifar10"'),
        UnknownNameError,
        ("option of nasbench201 'data_set'", "did you mean 'dataset'?"),
    ),
    "option called name": (
        strategy(EVOLUTION + 'name = "RE"'),
        UnknownNameError,
        ("option of regularized_evolution 'name'", "known: population, sample"),
    ),
    "benchmark's option called name": (
        benchmark('use = "nasbench201"\nname = "C10"'),
        UnknownNameError,
        ("option of nasbench201 'name'", "known: dataset"),
    ),
    "key": (top("sedes = 3"), UnknownNameError, ("key of the study 'sedes'", "did you mean 'seeds'?", "budget")),
    "table": (TINY.replace("[[strategy]]", "[[stratgy]]"), UnknownNameError, ("did you mean 'strategy'?",)),
    "no name": (TINY.replace('name = "tiny"', ""), StudyError, ("the key 'name' is missing",)),
    "no seeds": (seeds(""), StudyError, ("the key 'seeds' is missing",)),
    "no budget": (TINY.replace("budget = { evaluations = 5 }", ""), StudyError, ("the key 'budget' is missing",)),
    "no use": (strategy('label = "mine"'), StudyError, ("[[strategy]] lacks the key 'use'", "the name of a strategy")),
    "use misspelled": (
        strategy('usee = "random_search"'),
        StudyError,
        ("a [[strategy]] has usee = 'random_search'; did you mean use = 'random_search'?",),
    ),
    "use of a benchmark misspelled": (
        benchmark('ues = "nasbench201"\ndataset = "cifar10"'),
        StudyError,
        ("a [[benchmark]] has ues = 'nasbench201'; did you mean use = 'nasbench201'?",),
    ),
    "label misspelled": (
        strategy(EVOLUTION + 'lable = "RE"'),
        UnknownNameError,
        ("a [[strategy]] has lable = 'RE'; did you mean label = 'RE'?", "regularized_evolution: use, label, grid"),
    ),
    "budget of a benchmark misspelled": (
        benchmark('use = "nasbench201"\nbugdet = { epochs = 10 }'),
        UnknownNameError,
        (
            "bugdet = {'epochs': 10}; did you mean budget = {'epochs': 10}?",
            "nasbench201: use, label, budget, report, stages",
        ),
    ),
    "use of another type": (benchmark("use = 201"), StudyError, ("use = 201", "the name of a benchmark")),
    "label of another type": (strategy('use = "random_search"\nlabel = 3'), StudyError, ("label = 3", "a text")),
    "label of two lines": (
        strategy('use = "random_search"\nlabel = "a\\nb"'),
        StudyError,
        ("[[strategy]]", r"label = 'a\nb'", "expected a text"),
    ),
    "label without end": (
        strategy(f'use = "random_search"\nlabel = "{"a" * 5000}"'),
        StudyError,
        ("[[strategy]]", "4,802 more characters", "expected a text of one line, of at most 200 characters"),
    ),
    "title without end": (
        f"title = {{ {'a' * 5000} = 1 }}\n{TINY}",
        StudyError,
        ("title = {'aaa", "more characters", "expected a text of one line"),
    ),
    "label with an escape sequence": (
        benchmark('use = "nasbench201"\nlabel = "\\u001b[31mred"'),
        StudyError,
        ("[[benchmark]]", r"label = '\x1b[31mred'", "expected a text"),
    ),
    "text for a number": (
        strategy(EVOLUTION + 'population = "10"'),
        OptionError,
        ("RegularizedEvolution: population = '10'", "int, at least 2", "default 23"),
    ),
    "bool for a whole number": (strategy(EVOLUTION + "population = true"), OptionError, ("population = True", "int")),
    "whole float for a whole number": (strategy(EVOLUTION + "sample = 3.0"), OptionError, ("sample = 3.0", "int")),
    "bool for a number": (strategy(REINFORCE + "momentum = true"), OptionError, ("momentum = True", "expected float")),
    "text for a real number": (
        strategy(REINFORCE + 'learning_rate = "0.01"'),
        OptionError,
        ("Reinforce: learning_rate = '0.01'", "float, more than 0"),
    ),
    "nan": (strategy(REINFORCE + "learning_rate = nan"), OptionError, ("learning_rate = nan", "more than 0")),
    "infinity": (strategy(REINFORCE + "learning_rate = inf"), OptionError, ("learning_rate = inf", "more than 0")),
    "population 1": (strategy(EVOLUTION + "population = 1"), OptionError, ("population = 1", "at least 2")),
    "momentum 1": (
        strategy(REINFORCE + "momentum = 1"),
        OptionError,
        ("momentum = 1", "at least 0, less than 1", "moving average of rewards"),
    ),
    "learning rate 0": (strategy(REINFORCE + "learning_rate = 0"), OptionError, ("learning_rate = 0", "more than 0")),
    "choice": (
        strategy('use = "local_search"\nimprovement = "steepest"'),
        OptionError,
        ("LocalSearch: improvement = 'steepest'", "one of 'best', 'first'"),
    ),
    "budget of zero": (budget("{ evaluations = 0 }"), BudgetError, ("budget of 0 evaluations", *POSITIVE)),
    "negative budget": (budget("{ seconds = -1.5 }"), BudgetError, ("budget of -1.5 seconds", *POSITIVE)),
    "infinite budget": (budget("{ seconds = inf }"), BudgetError, ("budget of inf seconds", *POSITIVE)),
    "budget of nan": (budget("{ epochs = nan }"), BudgetError, ("budget of nan epochs", *POSITIVE)),
    "budget as text": (budget('{ evaluations = "200" }'), BudgetError, ("budget of '200' evaluations", *POSITIVE)),
    "half an evaluation": (budget("{ evaluations = 1.5 }"), BudgetError, ("1.5 evaluations", "a whole number")),
    "kind of budget": (
        budget("{ evaluation = 5 }"),
        UnknownNameError,
        ("budget 'evaluation'", "did you mean 'evaluations'?", "known: evaluations, seconds, epochs"),
    ),
    "two budgets": (budget("{ evaluations = 5, seconds = 9 }"), BudgetError, ("'seconds': 9", *ONE_BUDGET)),
    "empty budget": (budget("{}"), BudgetError, ONE_BUDGET),
    "bare budget": (budget("200"), BudgetError, ("budget 200", *ONE_BUDGET)),
    "budget of a benchmark": (benchmark('use = "nasbench201"\nbudget = { epochs = 0 }'), BudgetError, POSITIVE),
    "no seed": (seeds("seeds = 0"), StudyError, ("seeds = 0", *SEEDS)),
    "negative seeds": (seeds("seeds = -3"), StudyError, ("seeds = -3", *SEEDS)),
    "seeds as text": (seeds('seeds = "200"'), StudyError, ("seeds = '200'", *SEEDS)),
    "seeds as a list": (seeds("seeds = [1, 2]"), StudyError, ("seeds = [1, 2]", *SEEDS)),
    "bool for seeds": (seeds("seeds = true"), StudyError, ("seeds = True", *SEEDS)),
    "real seeds": (seeds("seeds = 2.0"), StudyError, ("seeds = 2.0", *SEEDS)),
    "negative first seed": (
        top("first_seed = -1"),
        StudyError,
        ("first_seed = -1", "a whole number in 0 .. 2,147,483,647"),
    ),
    "first seed beyond 32 bits": (top("first_seed = 3000000000"), StudyError, ("first_seed = 3000000000",)),
    "noise": (top('noise = "mode"'), OptionError, ("noise = 'mode'", "expected 'draw', 'mean' or 'run:K'")),
    "noise of another type": (top("noise = 1"), OptionError, ("noise = 1", "'draw'")),
    "negative run": (top('noise = "run:-1"'), OptionError, ("noise = 'run:-1'", "K = 0, 1")),
    "repeats": (top('repeats = "fre"'), UnknownNameError, ("'fre'; did you mean 'free'?", "charge, free, refuse")),
    "incumbent": (top('incumbent = "last"'), UnknownNameError, ("incumbent rule 'last'", "known: best, mean")),
    "no worker": (top("workers = 0"), OptionError, ("workers = 0", "a whole number in 1 .. 65,536")),
    "workers as text": (top('workers = "4"'), OptionError, ("workers = '4'", "a whole number")),
    "reference": (
        top('reference = "random_serch"'),
        UnknownNameError,
        ("reference of the study 'random_serch'", "did you mean 'random_search'?"),
    ),
    "archived reference without a name": (
        top('reference = "archive:"'),
        StudyError,
        ("reference = 'archive:'; expected the name of an archived strategy behind it, as archive:random_search",),
    ),
    "archived reference with a blank name": (top('reference = "archive: "'), StudyError, ("reference = 'archive: '",)),
    "labels twice": (
        TINY + '[[strategy]]\nuse = "random_search"\n',
        StudyError,
        ("two entries of [[strategy]] are called 'random_search'", 'label = "..."'),
    ),
    "label of an archived strategy": (
        TINY + 'label = "archive:gp_bo"\n',
        StudyError,
        ("a [[strategy]] is called 'archive:gp_bo'", "those of archived runs", 'as label = "gp_bo"'),
    ),
    "label of an archived strategy with a grid": (
        strategy(EVOLUTION + 'label = "archive:"\ngrid = { sample = [2, 3] }'),
        StudyError,
        ("a [[strategy]] is called 'archive:'", 'as label = "mine"'),
    ),
    "benchmarks twice": (
        TINY.replace("[[strategy]]", '[[benchmark]]\nuse = "nasbench201"\n\n[[strategy]]'),
        StudyError,
        ("two entries of [[benchmark]] are called 'nasbench201/cifar10'", 'label = "..."'),
    ),
    "benchmarks twice, reported elsewhere": (
        TINY.replace("[[strategy]]", '[[benchmark]]\nuse = "nasbench201"\nreport = ["cifar100"]\n\n[[strategy]]'),
        StudyError,
        ("two entries of [[benchmark]] are called 'nasbench201/cifar10'", "one report names several data sets"),
    ),
    "a data set is reported twice": (
        TINY.replace("[[strategy]]", 'report = ["cifar100", "cifar100"]\n\n[[strategy]]', 1),
        StudyError,
        ("report = ['cifar100', 'cifar100']; expected a list of data sets that the search is judged on, each once",),
    ),
    "grid without values": (
        strategy(EVOLUTION + "[strategy.grid]\nsample = []"),
        OptionError,
        ("grid of 'regularized_evolution'", "{'sample': []}", "a list of values"),
    ),
    "grid of a bare value": (strategy(EVOLUTION + "grid = { sample = 3 }"), OptionError, ("a list of values",)),
    "grid that is a list": (strategy(EVOLUTION + "grid = [2, 3]"), OptionError, ("[2, 3]", "a list of values")),
    "option of a grid": (
        strategy(EVOLUTION + "grid = { samples = [2, 3] }"),
        UnknownNameError,
        ("'samples'", "did you mean 'sample'?"),
    ),
    "value of a grid": (strategy(EVOLUTION + "grid = { sample = [2, 0] }"), OptionError, ("sample = 0", "at least 1")),
    "option beside its grid": (
        strategy(EVOLUTION + "sample = 3\ngrid = { sample = [2, 5] }"),
        OptionError,
        ("grid of 'regularized_evolution'", "sample"),
    ),
    "no strategy": (TINY[: TINY.index("[[strategy]]")], StudyError, ("at least one [[strategy]]",)),
    "no benchmark": (
        TINY.replace('[[benchmark]]\nuse = "nasbench201"\n', ""),
        StudyError,
        ("at least one [[benchmark]]",),
    ),
    "strategy as text": (strategy("").replace("[[strategy]]", "") + "\n", StudyError, ("[[strategy]]", "'use'")),
    "single brackets": (TINY.replace("[[strategy]]", "[strategy]"), StudyError, ("at least one [[strategy]]",)),
    "name with a slash": (TINY.replace('"tiny"', '"a/b"'), StudyError, ("name = 'a/b'", "can name a folder")),
    "name of the parent": (TINY.replace('"tiny"', '".."'), StudyError, ("name = '..'", "can name a folder")),
    "empty name": (TINY.replace('"tiny"', '""'), StudyError, ("name = ''", "can name a folder")),
    "name with a backslash": (TINY.replace('"tiny"', "'a\\b'"), StudyError, ("can name a folder",)),
    "name of two lines": (TINY.replace('"tiny"', '"a\\nb"'), StudyError, (r"name = 'a\nb'", "can name a folder")),
    "blank name": (TINY.replace('"tiny"', '" "'), StudyError, ("name = ' '", "can name a folder")),
    "name as a number": (TINY.replace('"tiny"', "7"), StudyError, ("name = 7", "can name a folder")),
    "name that no file system takes": (TINY.replace("tiny", "t" * 300), StudyError, ("can name a folder",)),
    "plug-in that is not there": (strategy('use = "nowhere_at_all:Mine"'), PluginError, ("nowhere_at_all",)),
    "plug-in without a class": (strategy('use = "json:"'), PluginError, ("'json:'", "package.module:name")),
    "class that is not there": (
        strategy('use = "json:JSONDecodr"'),
        PluginError,
        ("name of json 'JSONDecodr'", "did you mean 'JSONDecoder'?"),
    ),
    "class of another kind": (
        strategy('use = "json:JSONDecoder"'),
        PluginError,
        ("'json:JSONDecoder'", "expected a concrete subclass of nasbed.vocabulary.Strategy"),
    ),
    "abstract class": (strategy('use = "nasbed:Script"'), PluginError, ("'nasbed:Script'", "a concrete subclass")),
    "instance for a class": (strategy('use = "sys:path"'), PluginError, ("'sys:path'", "a concrete subclass")),
    "benchmark for a strategy": (
        strategy('use = "nasbed.benchmarks.nasbench201:NASBench201"'),
        PluginError,
        ("NASBench201", "nasbed.vocabulary.Strategy"),
    ),
    "strategy for a benchmark": (
        benchmark('use = "nasbed.strategies.random_search:RandomSearch"'),
        PluginError,
        ("RandomSearch", "nasbed.vocabulary.Benchmark"),
    ),
    "function that cannot be called": (
        strategy('use = "function:sys:path"'),
        OptionError,
        ("'function:sys:path'", "a function that takes a query"),
    ),
    "function that is not there": (
        strategy('use = "function:json:dum"'),
        PluginError,
        ("'dum'", "did you mean 'dump'?"),
    ),
}

MALFORMED = {
    "no closing quote": ('name = "tiny\nseeds = 2\n', 1),
    "no value": (TINY.replace("seeds = 2", "seeds ="), 2),
    "a line that is no key": (TINY.replace("seeds = 2", "seeds 2"), 2),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_study_is_refused_with_what_was_expected(case: str) -> None:
    text, error, words = REFUSED[case]
    with pytest.raises(error) as caught:
        Study.parse(text, "folder/study.toml")
    assert type(caught.value) is error
    all_of(caught.value, "folder/study.toml: ", *words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_toml_is_refused_with_its_line(case: str) -> None:
    text, line = MALFORMED[case]
    with pytest.raises(StudyError, match=rf"^folder/study\.toml: .*\(at line {line}, column \d+\)$"):
        Study.parse(text, "folder/study.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            TINY.replace("seeds = 2", "seeds = 2\nseeds = 3"),
            "the key seeds is given twice, on lines 2 and 3; keep one of them",
        ),
        (
            '[[strategy]]\nuse = "a"\n[[strategy]]\nuse = "b"\nuse = [\n1]',
            "the key use is given twice, on lines 4 and 5;",
        ),
        ("a.b = 1\na = 2", "the key a is given twice, first as key a.b, on lines 1 and 2; keep one of them"),
        ('a = """\nb = 1\n"""\nb = 2\n"b" = 3', 'the key "b" is given twice'),
        ("[appearance]\n[budget]\n[appearance]", "the table [appearance] is given twice, on lines 1 and 3; keep one"),
        (
            "[[strategy]]\n[strategy]",
            "the table [strategy] is given twice, first as table [[strategy]], on lines 1 and 2;",
        ),
        (
            "budget = { epochs = 1, epochs = 2 }",
            "the key epochs is given twice in one table on line 1; keep one of them",
        ),
    ],
)
def test_a_key_that_is_given_twice_is_named_with_its_lines(text: str, words: str) -> None:
    with pytest.raises(StudyError, match=rf"^folder/study\.toml: {re.escape(words)}"):
        Study.parse(text, "folder/study.toml")


@pytest.mark.parametrize(
    "case",
    sampled(
        [
            "strategy",
            "data set",
            "option called name",
            "key",
            "no budget",
            "bool for a whole number",
            "momentum 1",
            "two budgets",
            "negative seeds",
            "noise",
            "reference",
            "archived reference without a name",
            "labels twice",
            "grid without values",
            "no benchmark",
            "name with a slash",
            "name that no file system takes",
            "class that is not there",
        ],
        4,
    ),
)
def test_the_command_refuses_a_study_and_writes_nothing(case: str, command: Command, tmp_path: Path) -> None:
    text, _, words = REFUSED[case]
    (tmp_path / "study.toml").write_text(text)
    refused(command("run", "study.toml"), "study.toml", *words)
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


def test_the_command_names_file_and_line_of_malformed_toml(command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(TINY.replace("seeds = 2", "seeds = = 2"))
    refused(command("run", "study.toml"), "study.toml: ", "(at line 2, column 9)")


def test_a_study_that_is_not_there_is_refused(command: Command, tmp_path: Path) -> None:
    refused(command("run", "studies/no.toml"), "cannot read the study studies/no.toml", "No such file")
    with pytest.raises(StudyError, match=r"cannot read the study .*: Is a directory"):
        Study.load(tmp_path)


def test_a_study_that_is_not_utf8_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_bytes(TINY.replace("tiny", "caf\xe9").encode("latin-1"))
    refused(command("run", "study.toml"), "study.toml: not UTF-8 text", "at byte 11")


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_bytes(b"\xef\xbb\xbf" + TINY.encode())
    assert Study.load(tmp_path / "study.toml").name == "tiny"


@pytest.mark.parametrize("count", sampled(["0", "-1"], 2))
def test_the_number_of_seeds_on_the_command_line_is_checked(count: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(TINY)
    refused(command("run", "study.toml", "--seeds", count), f"seeds = {count}", "a whole number in 1 .. 1,000,000")
