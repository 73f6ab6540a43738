"""Checkpoints of trainings: a file with what identifies the training and what it goes on from."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from nasbed.errors import DataError, differences
from nasbed.files import atomic_write


def write_checkpoint(path: Path | str, identity: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Write a checkpoint whole or not at all; raises :class:`~nasbed.errors.StoreError` where that cannot be done."""
    content = io.BytesIO()
    torch.save({"identity": dict(identity), **state}, content)
    atomic_write(path, content.getvalue(), "use another folder")


def read_checkpoint(path: Path | str, identity: Mapping[str, Any], device: torch.device) -> dict[str, Any]:
    """What a training goes on from; raises :class:`~nasbed.errors.DataError` for a damaged checkpoint and for that of another."""
    try:
        content: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        theirs: Mapping[str, Any] = content.pop("identity")
    except Exception as error:
        raise DataError(
            f"{path} is no whole checkpoint: {type(error).__name__}; delete it to train from the start"
        ) from None
    require_identity(path, theirs, identity)
    return content


def require_identity(path: Path | str, theirs: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    """Raises :class:`~nasbed.errors.DataError` where a checkpoint is of another training than that of an ``identity``."""
    if differing := "; ".join(differences({name: theirs.get(name) for name in identity}, identity)):
        raise DataError(f"{path} is the checkpoint of another training: {differing}; delete it or use another folder")
