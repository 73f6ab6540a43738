"""What trains: a CPU or a GPU, and what it is called."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

from nasbed.errors import EngineError, shown
from nasbed.machine import cpu_model
from nasbed.vocabulary.tasks import installing


def require_device(asked: str) -> str:
    """The word for a device; raises :class:`~nasbed.errors.EngineError` for what is none, and needs no torch."""
    if not isinstance(asked, str) or asked not in ("auto", "cpu", "cuda"):
        raise EngineError(f"unknown device {shown(asked)}; expected auto, cpu or cuda")
    return asked


def device_of(asked: str) -> str:
    """``cpu`` or ``cuda`` for what was asked; raises :class:`~nasbed.errors.EngineError` without torch or that device."""
    require_device(asked)
    absent = [name for module, name in (("torch", "torch"), ("sklearn", "scikit-learn")) if find_spec(module) is None]
    if absent:
        raise EngineError(f"training needs {' and '.join(absent)}: {installing('nasbed[train]')}")
    import torch

    there = torch.cuda.is_available()
    if asked == "cuda" and not there:
        raise EngineError("device 'cuda' was asked for, but torch finds no GPU here; use cpu or auto")
    return "cuda" if there and asked != "cpu" else "cpu"


@cache
def load_torch() -> None:
    """Load what PyTorch loads when it trains for the first time, more than a second of imports, so that no training pays for it."""
    import torch

    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight])
    weight.sum().backward()
    optimizer.step()


def trainer_of(device: str) -> str:
    """The version of PyTorch and the device, in words."""
    import torch

    version = torch.__version__.split("+")[0]
    if device == "cpu":
        return f"PyTorch {version}, one thread of {cpu_model()}"
    return f"PyTorch {version}, {torch.cuda.get_device_name()}"


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there is not enough memory; PyTorch raises a plain RuntimeError for that on a CPU."""
    import torch

    return isinstance(error, MemoryError | torch.cuda.OutOfMemoryError) or "can't allocate memory" in str(error)
