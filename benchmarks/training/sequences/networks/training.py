"""One training of a network on sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nasbed.benchmarks.training.network_training import NetworkTraining
from nasbed.benchmarks.training.scores import perplexity, scored
from nasbed.benchmarks.training.sequences.sequences import SequenceData

if TYPE_CHECKING:
    from nasbed.benchmarks.training.fitting.fit import Fit
    from nasbed.benchmarks.training.sequences.networks.fit import SequenceFit


class SequenceTraining(NetworkTraining[SequenceData]):
    """The training of a network on sequences; see :class:`NetworkTraining`."""

    @classmethod
    def fit_class(cls) -> type[SequenceFit]:
        """The class of its fits; loads PyTorch, which no training pays for."""
        from nasbed.benchmarks.training.sequences.networks.fit import SequenceFit

        return SequenceFit

    def scores(self, fit: Fit[SequenceData], place: int, split: str) -> dict[str, Any]:
        """The scores of one of the trained networks on a split, as plain data: of classification, or of the next token its loss (in
        nats), accuracy (in percent) and perplexity, a token.
        """
        if self.data.task == "next token":
            loss, accuracy = (float(one[place]) for one in fit.measured(split))
            return {"loss": loss, "accuracy": accuracy, "perplexity": perplexity(loss)}
        found = scored(fit.logits(split)[place], self.data.splits[split].labels)
        return {**found._asdict(), "confusion": found.confusion.tolist()}
