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

from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.plain import PREFIX, PlainNetwork
from nasbed.errors import DataError, OptionError
from nasbed.vocabulary.tasks import installing

FORMATS = {"python": (), "weights": ("safetensors",), "onnx": ("onnx", "onnxruntime")}
"""The forms by name, and the packages that each needs beside PyTorch."""
_APART = 1e-3
"""How far logits may lie apart, as a share of the largest, where arithmetic alone makes them differ."""
_COMPARED = 64
"""Images on which an exported network is compared."""


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
    import torch

    names: dict[str, Any] = {"__name__": "network", "__file__": "network.py"}
    exec(compile(source, "network.py", "exec"), names)
    network = names["Network"]()
    network.load_state_dict({name: torch.from_numpy(np.array(values)) for name, values in weights.items()})
    return network.eval()


def logits_of(network: Any, images: np.ndarray) -> np.ndarray:
    """Logits (count, classes), float32, of images (count, colours, height, width) with pixels as they are stored."""
    import torch

    from nasbed.benchmarks.training.threads import one_thread

    with one_thread(), torch.no_grad():
        parts = [
            network(torch.from_numpy(images[start : start + 512].astype(np.float32)))
            for start in range(0, len(images), 512)
        ]
        found: np.ndarray = torch.cat(parts).numpy()
    return found


def require_agreement(ours: np.ndarray, theirs: np.ndarray, what: str) -> None:
    """Raises :class:`~nasbed.errors.DataError` where logits of the same images differ by more than arithmetic makes them."""
    apart = float(np.abs(ours - theirs).max()) if ours.shape == theirs.shape else np.inf
    if not apart <= _APART * max(1.0, float(np.abs(ours).max())):
        raise DataError(
            f"{what} gives other logits than the trained network, up to {apart:.3g} apart; it was not written: please report it"
        )


def safetensors(weights: Mapping[str, np.ndarray], classes: Sequence[str]) -> bytes:
    """The weights as a file of safetensors, with the names of the classes in its metadata.

    Raises :class:`~nasbed.errors.OptionError` without safetensors.
    """
    required("weights")
    from safetensors.numpy import save

    content: bytes = save(dict(weights), {"classes": json.dumps(list(classes), ensure_ascii=False)})
    return content


def onnx(network: Any, data: ImageData) -> bytes:
    """The network as a file of ONNX that takes float32 ``images`` (count, colours, height, width), pixels as they are stored, and
    gives ``logits`` (count, classes); the names of the classes are in its metadata.

    It is run by onnxruntime on images of the validation split, one at a time and together. Raises
    :class:`~nasbed.errors.OptionError` without onnx and onnxruntime, :class:`~nasbed.errors.DataError` where it disagrees.
    """
    required("onnx")
    from onnx import helper, load_from_string

    model = load_from_string(_exported(network, data.splits["validation"].images[:2].astype(np.float32)))
    helper.set_model_props(model, {"classes": json.dumps(list(data.classes), ensure_ascii=False)})
    found: bytes = model.SerializeToString()
    _require_onnx(found, network, data)
    return found


def _exported(network: Any, example: np.ndarray) -> bytes:
    """What PyTorch's exporter writes: that by TorchScript, and where it fails, as it will when PyTorch has given it up, that by
    ``torch.export``, which needs onnxscript and takes ten times as long.
    """
    import torch

    export: Any = torch.onnx.export  # which takes a buffer, whatever its types say
    images, content = (torch.from_numpy(example),), io.BytesIO()
    names: dict[str, Any] = {"input_names": ["images"], "output_names": ["logits"]}
    older = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            export(
                network,
                images,
                content,
                dynamic_axes={name: {0: "count"} for name in ("images", "logits")},
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
            count = torch.export.Dim("count")
            export(network, images, dynamo=True, dynamic_shapes=({0: count},), verbose=False, **names).save(content)
    return content.getvalue()


def _require_onnx(content: bytes, network: Any, data: ImageData) -> None:
    from onnxruntime import InferenceSession

    session = InferenceSession(content, providers=["CPUExecutionProvider"])
    images = data.splits["validation"].images[:_COMPARED]
    for some in (images, images[:1]):
        (logits,) = session.run(["logits"], {"images": some.astype(np.float32)})
        require_agreement(logits_of(network, some), np.asarray(logits), "the network in ONNX")
