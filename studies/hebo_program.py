"""HEBO (Cowen-Rivers et al. 2022, arXiv 2012.03826) as a program of the strategy "program" (docs/adapters.md).

Usage: a study's strategy with use = "program" and command = ["python", "hebo_program.py"], as in studies/peers.toml. HEBO 0.3.6
asks for a NumPy below 1.25 and nasbed for a newer one, so it runs in an environment of its own, whose interpreter the environment
variable HEBO_PYTHON names; docs/adapters.md says how it is made. With --version it prints the name and version of the library.

Every decision is a category. HEBO has its defaults, one suggestion at a time, and one thread; the value is maximised, and a failed
training is left out, as HEBO does with values that are not finite.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import warnings
from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, TextIO


def search(task: dict[str, Any], lines: Iterable[str], answers: TextIO) -> None:
    """Answer what is asked of a search, line by line."""
    import numpy as np
    import pandas as pd
    import torch
    from hebo.design_space.design_space import DesignSpace
    from hebo.optimizers.hebo import HEBO

    names = [f"decision {place}" for place in range(len(task["choices"]))]
    if task["archs"] is not None:
        sys.exit("hebo_program.py: the space is no product of choices, and HEBO knows no other")
    random.seed(task["seed"][0])
    np.random.seed(task["seed"][0])  # noqa: NPY002  # the generator that HEBO draws from
    torch.manual_seed(task["seed"][1])
    torch.set_num_threads(1)
    parameters = [
        {"name": name, "type": "cat", "categories": list(range(count))}
        for name, count in zip(names, task["choices"], strict=True)
    ]
    made = HEBO(DesignSpace().parse(parameters), scramble_seed=task["seed"][0] % 2**31)
    for line in map(json.loads, lines):
        if "tell" in line:
            told = line["tell"]
            value = float("nan") if told["value"] is None else -told["value"]
            made.observe(pd.DataFrame([told["arch"]], columns=names), np.array([[value]]))
        elif "ask" in line:
            found = made.suggest(1)
            print(json.dumps({"arch": [int(found[name].iloc[0]) for name in names]}), file=answers, flush=True)


def main() -> None:
    """Run the search, or go over to the interpreter that has HEBO."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="store_true", help="print the name and version of the library")
    given = parser.parse_args()
    if find_spec("hebo") is None:
        other = os.environ.get("HEBO_PYTHON", "")
        if not os.path.isfile(other) or os.environ.get("HEBO_LOOKED_FOR"):
            found = f"HEBO_PYTHON is {other!r}, which {'has no HEBO' if os.path.isfile(other) else 'is no file'}"
            wanted = "the interpreter of an environment with HEBO (docs/adapters.md)"
            sys.exit(f"hebo_program.py: {found if other else 'HEBO_PYTHON is not set'}; expected {wanted}")
        os.execve(other, [other, *sys.argv], {**os.environ, "HEBO_LOOKED_FOR": "1"})
    if given.version:
        print(f"HEBO {version('HEBO')}")
        return
    warnings.simplefilter("ignore")
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # libraries print to the standard output, which is for answers alone
        search(json.loads(sys.stdin.readline())["task"], sys.stdin, answers)


if __name__ == "__main__":
    main()
