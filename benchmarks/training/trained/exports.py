"""Trained networks in forms that others read: PyTorch's own modules, safetensors and ONNX."""

from __future__ import annotations

import inspect
import io
import json
import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from nasbed.benchmarks.training.plain import PREFIX, PlainNetwork
from nasbed.errors import DataError, OptionError
from nasbed.vocabulary.tasks import installing

FORMATS = {"python": (), "weights": ("safetensors",), "onnx": ("onnx", "onnxruntime")}
"""The forms by name, and the packages that each needs beside PyTorch."""
_APART = 1e-3
"""How far logits may lie apart, as a share of the largest, where arithmetic alone makes them differ."""
_COMPARED = 64
"""Examples on which an exported network is compared."""


def lacking(form: str) -> str:
    """The packages that a form needs and that are not here, with the remedy; nothing where all are."""
    absent = [name for name in FORMATS[form] if find_spec(name) is None]
    return f"it needs {' and '.join(absent)}: {installing('nasbed[export]')}" if absent else ""


def required(form: str) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where the packages of a form are not here."""
    if problem := lacking(form):
        raise OptionError(f"the network cannot be exported as {form}: {problem}")


def plain_weights(network: PlainNetwork, state: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The weights of a network as PyTorch's own modules, from the state of the trained one."""
    return {f"{PREFIX}{name}": state[own].detach().cpu().contiguous().numpy() for name, own in network.weights.items()}


def opened(source: str, weights: Mapping[str, np.ndarray]) -> Any:
    """The network that the text of a module says, with its weights and in evaluation mode."""
    return with_weights(module_of(source)["Network"](), weights)


def module_of(source: str) -> dict[str, Any]:
    """What the text of a module defines, by name."""
    names: dict[str, Any] = {"__name__": "network", "__file__": "network.py"}
    exec(compile(source, "network.py", "exec"), names)
    return names


def with_weights(network: Any, weights: Mapping[str, np.ndarray]) -> Any:
    """A module with its weights and in evaluation mode."""
    import torch

    network.load_state_dict({name: torch.from_numpy(np.array(values)) for name, values in weights.items()})
    return network.eval()


def logits_of(network: Any, *inputs: np.ndarray) -> np.ndarray:
    """Logits, float32, of what a network in a file is called with, each array with an example a row."""
    import torch

    from nasbed.benchmarks.training.fitting.threads import one_thread

    with one_thread(), torch.no_grad():
        parts = [
            network(*(torch.tensor(one[start : start + 512]) for one in inputs))
            for start in range(0, len(inputs[0]), 512)
        ]
        found: np.ndarray = torch.cat(parts).numpy()
    return found


def require_agreement(ours: np.ndarray, theirs: np.ndarray, what: str) -> None:
    """Raises :class:`~nasbed.errors.DataError` where logits of the same examples differ by more than arithmetic makes them."""
    apart = float(np.abs(ours - theirs).max()) if ours.shape == theirs.shape else np.inf
    if not apart <= _APART * max(1.0, float(np.abs(ours).max())):
        raise DataError(
            f"{what} gives other logits than the trained network, up to {apart:.3g} apart; it was not written: please report it"
        )


def metadata_of(said: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Lists of texts as the metadata of a file holds them."""
    return {name: json.dumps(list(texts), ensure_ascii=False) for name, texts in said.items()}


def safetensors(weights: Mapping[str, np.ndarray], said: Mapping[str, Sequence[str]]) -> bytes:
    """The weights as a file of safetensors, with what is ``said``, such as the names of the classes, in its metadata.

    Raises :class:`~nasbed.errors.OptionError` without safetensors.
    """
    required("weights")
    from safetensors.numpy import save

    content: bytes = save(dict(weights), metadata_of(said))
    return content


def onnx(
    network: Any, inputs: Mapping[str, np.ndarray], said: Mapping[str, Sequence[str]], axes: Mapping[str, Sequence[str]]
) -> bytes:
    """The network as a file of ONNX that takes what ``inputs`` name, an example a row, and gives ``logits``; what is ``said``, such
    as the names of the classes, is in its metadata. ``axes`` name for each input, and for the logits, the first dimensions that
    may have any size.

    It is run by onnxruntime on the first of the inputs, one at a time and together. Raises :class:`~nasbed.errors.OptionError`
    without onnx and onnxruntime, :class:`~nasbed.errors.DataError` where it disagrees.
    """
    required("onnx")
    from onnx import helper, load_from_string

    model = load_from_string(_exported(network, {name: one[:2] for name, one in inputs.items()}, axes))
    helper.set_model_props(model, metadata_of(said))
    found: bytes = model.SerializeToString()
    _require_onnx(found, network, {name: one[:_COMPARED] for name, one in inputs.items()})
    return found


def _exported(network: Any, example: Mapping[str, np.ndarray], axes: Mapping[str, Sequence[str]]) -> bytes:
    """What PyTorch's exporter writes: that by TorchScript, and where it fails, as it will when PyTorch has given it up, that by
    ``torch.export``, which needs onnxscript and takes ten times as long.
    """
    import torch

    export: Any = torch.onnx.export  # which takes a buffer, whatever its types say
    inputs, content = tuple(map(torch.tensor, example.values())), io.BytesIO()
    names: dict[str, Any] = {"input_names": list(example), "output_names": ["logits"]}
    older = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            export(
                network,
                inputs,
                content,
                dynamic_axes={name: dict(enumerate(own)) for name, own in axes.items()},
                **names,
                **older,
            )
        except Exception as error:
            if not older or find_spec("onnxscript") is None:
                raise OptionError(
                    f"PyTorch {torch.__version__} cannot export the network as onnx ({type(error).__name__}: {error}) by its"
                    f" older exporter, and the newer one needs onnxscript: {installing('onnxscript')}"
                ) from None
            content = io.BytesIO()
            sizes = {one: torch.export.Dim(one) for own in axes.values() for one in own}
            shapes = tuple({place: sizes[one] for place, one in enumerate(axes[name])} for name in example)
            export(network, inputs, dynamo=True, dynamic_shapes=shapes, verbose=False, **names).save(content)
    return content.getvalue()


def _require_onnx(content: bytes, network: Any, inputs: Mapping[str, np.ndarray]) -> None:
    from onnxruntime import InferenceSession

    session = InferenceSession(content, providers=["CPUExecutionProvider"])
    for some in (inputs, {name: one[:1] for name, one in inputs.items()}):
        (logits,) = session.run(["logits"], dict(some))
        require_agreement(logits_of(network, *some.values()), np.asarray(logits), "the network in ONNX")
