"""Checks of how a space writes its architectures: as texts, and as vectors for models."""

from __future__ import annotations

import numpy as np

from nasbed.check.elsewhere import Broken, short
from nasbed.check.subject import FEW, MANY, SAMPLE, Subject
from nasbed.errors import ArchitectureError, NasbedError
from nasbed.vocabulary import Arch, is_enumerable
from nasbed.vocabulary.registry import where


def texts_round_trip(subject: Subject) -> str | None:
    """``parse`` reads what ``format`` writes and no two architectures are written alike; a bare number is an index, as
    ``nasbed query`` takes it, unless architectures are written as numbers.
    """
    space, chosen = subject.benchmark.space, subject.indices(MANY)
    texts: dict[str, int] = {}
    for index in chosen:
        text = space.format(space.at(index))
        if not isinstance(text, str) or not text.strip():
            raise Broken(f"archs[{index}] is written {text!r}", "a text", "write its decisions")
        if texts.setdefault(text, index) != index:
            raise Broken(
                f"archs[{texts[text]}] and archs[{index}] are both {text!r}", "distinct texts", "write all decisions"
            )
    numbers = all(text.isdigit() for text in texts)
    for text, index in texts.items():
        for written in (text,) if numbers else (text, str(index)):
            try:
                found = repr(space.parse(written))
            except ArchitectureError as error:
                found = f"ArchitectureError: {error}"
            if found != repr(space.at(index)):
                mend = "let parse be the inverse of format, and read a bare number as an index"
                raise Broken(f"parse({written!r}) gives {found}", repr(space.at(index)), mend)
    return "its texts are numbers: an index is no text" if numbers else None


def rubbish_is_refused(subject: Subject) -> None:
    """``parse`` of what is no architecture raises ``ArchitectureError``: a slip of the pen is one message, not another cell."""
    space = subject.benchmark.space
    text = space.format(space.at(0))
    surely = ["", "nonsense", "-1", "\x00", "é¹", "9" * 5000, *([] if text.isdigit() else [str(space.size)])]
    for wrong in [*surely, text[:-1], text[1:], f"{text}{text}", f"{text}+", f"{text}?", text.upper(), text.lower()]:
        try:
            found = space.parse(wrong)
            if wrong not in surely and found in space:
                continue
            shown = repr(found)
        except ArchitectureError:
            continue
        except Exception as error:
            shown = where(error, subject.file)
        mend = "read the whole text, and turn what int() raises into an ArchitectureError"
        raise Broken(f"parse({short(wrong)}) gives {shown}", "ArchitectureError", mend)


def encodings_tell_architectures_apart(subject: Subject) -> None:
    """Each encoding gives finite floats of one length, others for other architectures, and all at once what it gives for each: a
    model cannot learn what it is not told. Those that the space names as ``ambiguous`` may give several the same.
    """
    space = subject.benchmark.space
    near = [other for arch in subject.archs(FEW) for other in space.neighbours(arch)]
    archs = list(dict.fromkeys([*subject.archs(5 * SAMPLE), *near]))
    for encoding in getattr(space, "encodings", ("one_hot",)):
        codes: dict[bytes, Arch] = {}
        length = len(space.encode(archs[0], encoding))
        for arch in archs:
            vector, at = space.encode(arch, encoding), f"{subject.shown(arch)} in the encoding {encoding!r}"
            if not isinstance(vector, np.ndarray) or vector.dtype != np.float64 or not np.isfinite(vector).all():
                raise Broken(
                    f"{at} is {short(vector)}", "finite 64-bit floats", "return np.asarray(vector, dtype=float)"
                )
            if vector.shape != (length,):
                raise Broken(f"{at} has the shape {vector.shape}", f"({length},) for all", "pad to the longest")
            same = codes.setdefault((vector + 0.0).tobytes(), arch)
            if same != arch and encoding not in getattr(space, "ambiguous", ()):
                raise Broken(f"{at} is what {subject.shown(same)} is", "a code of its own", "encode every decision")
        if not is_enumerable(space):
            continue
        together = space.encode_all(encoding)[[space.index(arch) for arch in archs]]
        if not np.array_equal(together, [space.encode(arch, encoding).astype(np.float32) for arch in archs]):
            raise Broken(
                f"encode_all({encoding!r}) differs from encode",
                "a row for each architecture, in the order of archs",
                "derive from EnumeratedSpace, or stack what encode gives as float32",
            )
    try:
        found = short(space.encode(archs[0], "no such encoding"))
    except NasbedError:
        return
    except Exception as error:
        found = where(error, subject.file)
    raise Broken(
        f"an unknown encoding gives {found}", "an error of nasbed's", "raise nasbed.errors.unknown('encoding', ...)"
    )
