"""The model card of a trained network: what it is, what it was trained on and how, what it scores and what is not known of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binomtest

from nasbed.benchmarks.training.device import trainer_of
from nasbed.benchmarks.training.images.images import SPLITS, ImageData
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.benchmarks.training.trainings import ENDED
from nasbed.tables import escaping, numbers
from nasbed.tables.renderers.markdown import markdown
from nasbed.training.curve_figure import caption
from nasbed.training.scores import score_table

if TYPE_CHECKING:
    from nasbed.training.trained import TrainedNetwork

MARK = "Trained with nasbed."
"""What every card says, and other files do not."""
_OPTIMIZERS = {"sgd": "SGD with Nesterov momentum {momentum:g}", "adam": "Adam", "rmsprop": "RMSprop"}


def card(trained: TrainedNetwork, forms: Sequence[str]) -> str:
    """The card as markdown; ``forms`` are those that the network has been exported to."""
    data, seeds = trained.benchmark.images, len(trained.trainings)
    best = f"seed {trained.best_seed}" if seeds > 1 else "the one seed"
    parts = [
        f"# An image classifier for {escaping.markdown(data.name)}",
        f"{MARK} The network of {best}{' (the highest validation accuracy)' if seeds > 1 else ''} is the one in the files.",
        _use(trained, forms),
        "## Network",
        escaping.markdown_block(trained.architecture.replace("; ", ";\n").replace(" | ", "\n| ")),
        f"{escaping.markdown(trained.origin.words)} {size_words(trained)}",
        "## Data",
        _data(data),
        "## Training",
        f"{recipe_words(trained.benchmark.training(trained.arch, 0).recipe)} {_augmented(data)}",
        "## Scores",
        _scored(trained),
        markdown(score_table(trained.scores)),
        f"![curves](curves.png)\n\n{caption(trained.trainings)}",
        "## Cost",
        " ".join(cost_words(trained)),
        "## Limits",
        "\n".join(f"- {line}" for line in _limits(trained)),
    ]
    return "\n\n".join(parts) + "\n"


def _use(trained: TrainedNetwork, forms: Sequence[str]) -> str:
    channels, height, width = trained.image_shape
    shape = f"(count, {channels}, {height}, {width})"
    found = [f"Images are of shape {shape}, with pixels as they were stored: the network normalises them itself."]
    if {"python", "weights"} <= {*forms}:
        lines = f"from network import predict\n\nprint(predict(images))  # images {shape}; the names of their classes"
        found += [
            "With PyTorch and safetensors, in this folder (no nasbed is needed):",
            escaping.markdown_block(lines, "python"),
        ]
    if "onnx" in forms:
        lines = (
            "import json\n\nimport onnxruntime\n\n"
            'session = onnxruntime.InferenceSession("network.onnx")\n'
            '(logits,) = session.run(["logits"], {"images": images.astype("float32")})\n'
            'classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])\n'
            "print([classes[place] for place in logits.argmax(1)])"
        )
        found += ["With onnxruntime:", escaping.markdown_block(lines, "python")]
    return "\n\n".join(found)


def size_words(trained: TrainedNetwork) -> str:
    """How large the network is, in a sentence."""
    costs = trained.costs
    return f"It has {costs['parameters']:,} parameters, and takes {costs['flops']:,} multiply-accumulates an image."


def _data(data: ImageData) -> str:
    counts = ", ".join(f"{len(data.splits[split].labels):,} {split}" for split in SPLITS)
    pixels = data.splits["train"].images
    colours = f"{data.colours} colour{'s' if data.colours > 1 else ''}"
    names = ", ".join(escaping.markdown_code(name) for name in data.classes)
    least, most = (numbers.recorded(float(one)) for one in (pixels.min(), pixels.max()))
    return (
        f"{escaping.markdown(data.origin[:1].upper() + data.origin[1:])}\n\n"
        f"Images of {data.height} x {data.width} pixels in {colours}, from {least} to {most}: {counts}. Classes, in the order of"
        f" the logits: {names}. Normalised by the mean ({_listed(data.mean)}) and standard deviation ({_listed(data.deviation)}) of"
        f" the training split. Checksum {data.checksum[:16]}."
    )


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.6g}" for value in values)


def recipe_words(recipe: Recipe) -> str:
    """A recipe in a sentence."""
    optimizer = _OPTIMIZERS[recipe.optimizer].format(momentum=recipe.momentum)
    return (
        f"{optimizer}, batches of {recipe.batch}, {recipe.epochs} epochs; the learning rate falls from {recipe.rate:g} to 0 by a"
        f" cosine, set once an epoch; weight decay {recipe.decay:g}. The training ends at the last epoch, with no early stop."
        f"{_taught(recipe)}"
    )


def _taught(recipe: Recipe) -> str:
    """From whom the network learned beside the labels, in a sentence after a space; nothing where there was no teacher."""
    found = recipe.distillation
    if found is None:
        return ""
    return (
        f" It was distilled (Hinton et al., 2015) from {escaping.markdown(found.teacher.words)}: temperature"
        f" {found.temperature:g}, weight of the teacher in the loss {found.teacher_weight:g}."
    )


def _augmented(data: ImageData) -> str:
    return (
        f"Training images are augmented by: {', '.join(data.augmentation)}."
        if data.augmentation
        else "No augmentation."
    )


def _scored(trained: TrainedNetwork) -> str:
    ended = sum(one.outcome == ENDED for one in trained.trainings)
    spread = (
        f"means over {ended} seeds ± their standard deviation"
        if ended > 1
        else "those of one seed, whose spread is not known"
    )
    lost = _lost(trained)
    return (
        f"Scores are those after the last epoch (the best epoch is not looked for), {spread}. Precision, recall and F1 are means"
        f" over the classes. The seed was chosen by validation; test was looked at once, at the end, and chose nothing.{lost}"
    )


def _lost(trained: TrainedNetwork) -> str:
    failed = [f"seed {seed} ({one.outcome})" for seed, one in enumerate(trained.trainings) if one.outcome != ENDED]
    return f" Failed and not in the means: {', '.join(failed)}." if failed else ""


def cost_words(trained: TrainedNetwork) -> list[str]:
    """What the trainings took, in sentences."""
    total, costs = sum(sum(one.seconds) for one in trained.trainings), trained.costs
    peak = costs["peak_memory"]
    memory = f"The process held at most {peak / 2**20:,.0f} MiB of {_memory(trained)}." if peak else ""
    seconds = numbers.number(costs["seconds_an_epoch"], 3)
    trainings = f"all {len(trained.trainings)} trainings" if len(trained.trainings) > 1 else "the one training"
    return [
        f"{seconds} s an epoch, {numbers.number(total, 3)} s for {trainings} ({trainer_of(trained.benchmark.device)}).",
        *([memory] if memory else []),
    ]


def _memory(trained: TrainedNetwork) -> str:
    return "the GPU's memory" if trained.benchmark.device == "cuda" else "memory"


def _limits(trained: TrainedNetwork) -> list[str]:
    data = trained.benchmark.images
    smallest, tested = int(np.bincount(data.splits["test"].labels).min()), len(data.splits["test"].labels)
    right = round(trained.trainings[trained.best_seed].scores["test"]["accuracy"] / 100 * tested)
    low, high = (100 * one for one in binomtest(right, tested).proportion_ci(0.95, "wilson"))
    return [
        f"It was tested on {tested:,} images, at least {smallest} of each class, from the same source as those it learned from."
        " By their number alone the test accuracy of the network in the files lies between"
        f" {low:.1f} and {high:.1f} % (Wilson's interval, 95 %)."
        " Images of another source may fare worse.",
        "It gives each image one of its classes, also one that shows none of them; its probabilities are not calibrated.",
        "The spread over seeds is that of training on one split; another split would give other scores.",
    ]
