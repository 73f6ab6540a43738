"""The model card of a trained network: what it is, what it was trained on and how, what it scores and what is not known of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasbed.benchmarks.training.device import trainer_of
from nasbed.benchmarks.training.local.trainings import ENDED
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.tables import escaping, numbers
from nasbed.tables.renderers.markdown import markdown
from nasbed.training.curve_figure import caption
from nasbed.training.scores import score_table

if TYPE_CHECKING:
    from nasbed.training.trained import TrainedNetwork

MARK = "Trained with nasbed."
"""What every card says, and other files do not."""
_OPTIMIZERS = {"sgd": "SGD with Nesterov momentum {momentum:g}", "adam": "Adam", "rmsprop": "RMSprop"}
_PRECISIONS = {
    "float32": "",
    "bfloat16": " Convolutions and products of its steps were computed in bfloat16, all else in float32.",
}


def card(trained: TrainedNetwork, forms: Sequence[str]) -> str:
    """The card as markdown; ``forms`` are those that the network has been exported to."""
    data, kind, seeds = trained.benchmark.loaded, trained.kind, len(trained.trainings)
    best = f"seed {trained.best_seed}" if seeds > 1 else "the one seed"
    parts = [
        f"# {kind.title(data)}",
        f"{MARK} The network of {best}{' (the highest validation accuracy)' if seeds > 1 else ''} is the one in the files.",
        "\n\n".join(kind.use(data, forms)),
        "## Network",
        escaping.markdown_block(trained.architecture.replace("; ", ";\n").replace(" | ", "\n| ")),
        f"{escaping.markdown(trained.origin.words)} {size_words(trained)}",
        "## Data",
        kind.described(data),
        "## Training",
        f"{recipe_words(trained.benchmark.training(trained.arch, 0).recipe)} {kind.trained_on(data)}",
        "## Scores",
        _scored(trained),
        markdown(score_table(trained.scores)),
        f"![curves](curves.png)\n\n{caption(trained.trainings)}",
        "## Cost",
        " ".join(cost_words(trained)),
        "## Limits",
        "\n".join(
            f"- {line}" for line in kind.limits(data, trained.trainings[trained.best_seed].scores["test"]["accuracy"])
        ),
    ]
    return "\n\n".join(parts) + "\n"


def size_words(trained: TrainedNetwork) -> str:
    """How large the network is, in a sentence."""
    costs = trained.costs
    return f"It has {costs['parameters']:,} parameters, and takes {costs['flops']:,} multiply-accumulates {trained.kind.one}."


def recipe_words(recipe: Recipe) -> str:
    """A recipe in a sentence."""
    optimizer = _OPTIMIZERS[recipe.optimizer].format(momentum=recipe.momentum)
    return (
        f"{optimizer}, batches of {recipe.batch}, {recipe.epochs} {'epoch' if recipe.epochs == 1 else 'epochs'}; the learning rate"
        f" falls from {recipe.rate:g} to 0 by a cosine, set once an epoch; weight decay {recipe.decay:g}. The training ends at the"
        " last epoch, with no early stop."
        f"{_PRECISIONS[recipe.precision]}{_taught(recipe)}"
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
