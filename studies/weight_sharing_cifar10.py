"""Cells that weight sharing finds on CIFAR-10, looked up in NAS-Bench-201, beside the published rows.

Usage: python studies/weight_sharing_cifar10.py [--methods darts gdas ...] [--seeds 3] [--device auto] [--out FOLDER]

Each supernet has NAS-Bench-201's network (16 channels, 3 stages of 5 cells) and is trained on CIFAR-10's training split with the
published settings, the architecture on its validation split; so it needs the images (docs/training-data.md) and a GPU. The cell
in which a training ends is looked up after 200 epochs, mean of its recorded runs, on the three data sets. Published: Dong and
Yang, ICLR 2020, table 5, as reprinted by Mellor et al., ICML 2021, table 2a; mean and standard deviation of three runs, where one
is given. Another printing differs for RSPS, SETN and ENAS.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import nasbed
from nasbed.benchmarks import NASBench201
from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.training.device import device_of
from nasbed.benchmarks.training.images.networks.networks import image_shape
from nasbed.benchmarks.training.images.sources import load_images
from nasbed.benchmarks.training.supernets.kept import SupernetRequest
from nasbed.benchmarks.training.supernets.plan import SupernetPlan
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

NAMES = {
    "uniform": "RSPS",
    "darts": "DARTS, first order",
    "darts 2": "DARTS, second order",
    "gdas": "GDAS",
    "setn": "SETN",
    "enas": "ENAS",
    "pc_darts": "PC-DARTS",
    "dr_nas": "DrNAS",
}
PUBLISHED = {
    "RSPS": ("87.66 ± 1.69", "58.33 ± 4.34", "31.14 ± 3.88"),
    "DARTS, first order": ("54.30", "15.61", "16.32"),
    "DARTS, second order": ("54.30", "15.61", "16.32"),
    "GDAS": ("93.51 ± 0.13", "70.61 ± 0.26", "41.84 ± 0.90"),
    "SETN": ("86.19 ± 4.63", "56.87 ± 7.77", "31.90 ± 4.07"),
    "ENAS": ("54.30", "15.61", "16.32"),
}
"""Test accuracy in percent on CIFAR-10, CIFAR-100 and ImageNet16-120."""


def main() -> None:
    """Train, look up and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", choices=list(NAMES), default=list(NAMES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="fewer than published, to try the script")
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--cells", type=int, default=5)
    parser.add_argument("--stages", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--data", default="cifar10")
    parser.add_argument("--out", type=Path, default=Path("results/weight-sharing-cifar10"))
    given = parser.parse_args()
    device = device_of(given.device)
    images = load_images(given.data, None)
    image = image_shape(images)
    sizes = {name: getattr(given, name) for name in ("channels", "cells", "stages")}
    shape = NetworkShape(
        **sizes, classes=len(images.classes), pixels=image.height, colours=image.channels, breadth=image.width
    )
    tables = [NASBench201(dataset) for dataset in NASBench201.datasets()]
    space = tables[0].space
    rows = []
    for method in given.methods:
        name, _, order = method.partition(" ")
        plan = SupernetPlan(
            name, **({"order": int(order)} if order else {}), **({"epochs": given.epochs} if given.epochs else {})
        )
        found = []
        for seed in range(given.seeds):
            supernet = SupernetRequest(plan, shape, images, seed, device=device).trained(given.out)
            index = np.array([space.index(supernet.derived)])
            found.append([float(table.referee().test(index)[0]) for table in tables])
            print(
                f"{NAMES[method]}, seed {seed}: {space.format(supernet.derived)} in {supernet.seconds:,.0f} s",
                flush=True,
            )
        scores = np.array(found)
        spread = scores.std(axis=0, ddof=1) if given.seeds > 1 else np.full(len(tables), np.nan)
        ours = [f"{mean:.2f} ± {sd:.2f}" for mean, sd in zip(scores.mean(axis=0), spread, strict=True)]
        rows.append([NAMES[method], *ours, *PUBLISHED.get(NAMES[method], ("–",) * 3)])
    heads = [table.dataset for table in tables]
    print(markdown(printed(["", *heads, *(f"{head}, published" for head in heads)], rows)))
    print(
        f"{given.seeds} seeds; test accuracy in % after 200 epochs, mean of the recorded runs. nasbed {nasbed.__version__}."
    )


if __name__ == "__main__":
    main()
