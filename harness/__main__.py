"""The command ``nasbed``: errors of ours become one message and exit code 2."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import warnings
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

from nasbed.interrupts import stop_by

_OUTPUT = (errno.EIO, errno.ENOSPC, errno.EPIPE)
_PATH = (errno.EACCES, errno.EPERM, errno.ENAMETOOLONG)
"""What makes a path that was given one that nobody can use, as what asks whether it is there finds."""
_FORMAT = warnings.formatwarning


def _one_line(message: Warning | str, category: type[Warning], *place: Any, **line: Any) -> str:
    """A warning of ours for a terminal, without the place of the code that gave it."""
    from nasbed.errors import DamageWarning, UnwiseWarning

    ours = issubclass(category, (DamageWarning, UnwiseWarning))
    return f"warning: {message}\n" if ours else _FORMAT(message, category, *place, **line)


def main() -> None:
    """Run the command line; errors of ours become one message on standard error and exit code 2."""
    stop_by(_end)  # before what takes a while to import: until then a stop is a traceback
    from nasbed.errors import Interrupted, NasbedError, named

    code = 0
    try:
        _command()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
        if code == 130:  # typer was stopped before it began
            _told("\nstopped", code)
    except Interrupted as stop:
        code = _told(f"\n{stop}", 130)
    except KeyboardInterrupt:
        code = _told("\nstopped", 130)
    except NasbedError as error:
        code = _told(f"error: {error}", 2)
    except OSError as error:
        if error.errno in _OUTPUT:
            code = _told(f"error: cannot write the output: {error.strerror}", 2)
        elif error.filename is not None and error.errno in _PATH:
            code = _told(
                f"error: {named(error.filename)}: {error.strerror}; name a path that can be read and written", 2
            )
        else:
            raise
    _leave(code)


def _end(number: int, frame: object) -> None:
    """Stop while there is nothing to put in order yet."""
    os.write(2, b"\nstopped\n")
    os._exit(130)


def _command() -> None:

    from nasbed.commands.cli import app

    if None in (sys.stdin, sys.stdout, sys.stderr):  # closed: what is opened next must not take their places
        while os.open(os.devnull, os.O_RDWR) < 2:
            pass
        sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    for output in (sys.stdout, sys.stderr):
        if isinstance(output, TextIOWrapper):
            output.reconfigure(errors="replace")  # a terminal or pipe may know no "±"
    warnings.formatwarning = _one_line
    sys.path.insert(0, os.getcwd())  # so that "package.module:Class" finds the user's own code
    stop_by(signal.default_int_handler)
    app(prog_name="nasbed")


def _told(text: str, code: int) -> int:
    with suppress(OSError, AttributeError):  # nobody may be there to read it
        print(text, file=sys.stderr)
    return code


def _leave(code: int) -> None:
    """Exit, without waiting for threads that a strategy's module may have left behind."""
    stop_by(_end)
    for output in (sys.stdout, sys.stderr):
        try:
            output.flush()
        except (OSError, ValueError, AttributeError):
            os._exit(code or 1)  # nobody reads it, and Python would say so once more
    if any(not thread.daemon and thread is not threading.main_thread() for thread in threading.enumerate()):
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
