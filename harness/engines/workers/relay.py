"""What a worker prints, passed on to standard error line by line, so that a terminal obeys none of it."""

from __future__ import annotations

import codecs
import io
import sys
from contextlib import suppress
from threading import Lock

from nasbed.errors import LONGEST, written_out

_CHUNK = 65_536
_turn = Lock()


def pass_on(output: io.BufferedReader) -> None:
    """Pass on what comes until it ends, and close it: a line at a time, of a long one :data:`~nasbed.errors.LONGEST` characters,
    with control characters written out. A carriage return ends a line, too.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("backslashreplace"), translate=True)
    begun = ""
    with output:
        while chunk := output.read1(_CHUNK):
            *lines, begun = (begun + decoder.decode(chunk)).split("\n")
            for line in lines:
                _say(f"{line}\n")
            whole = len(begun) - len(begun) % LONGEST
            _say(begun[:whole])
            begun = begun[whole:]
    if begun := begun + decoder.decode(b"", final=True):
        _say(begun if begun.endswith("\n") else f"{begun}\n")


def _say(text: str) -> None:
    with _turn, suppress(OSError, ValueError, AttributeError):  # nobody may be there to read it
        for begin in range(0, len(text), LONGEST):
            sys.stderr.write(written_out(text[begin : begin + LONGEST]))
            sys.stderr.flush()
