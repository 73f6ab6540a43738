"""The command ``nasbed``: errors of ours become one message and exit code 2."""

from __future__ import annotations

import os
import signal
import sys
import threading
from io import TextIOWrapper
from typing import Any


def main() -> None:
    """Run the command line."""
    from nasbed.interrupts import stop_by  # at once: until a stop is handled it is a traceback

    stop_by(_end)
    code = _command(stop_by)
    if any(not thread.daemon and thread is not threading.main_thread() for thread in threading.enumerate()):
        for output in (sys.stdout, sys.stderr):
            output.flush()
        os._exit(code)  # a strategy's module has left a thread behind, which Python would wait for
    sys.exit(code)


def _end(number: int, frame: Any) -> None:
    """Stop while there is nothing to put in order yet."""
    os.write(2, b"\nstopped\n")
    os._exit(130)


def _command(stop_by: Any) -> int:
    from nasbed.cli import app
    from nasbed.errors import Interrupted, NasbedError

    for output in (sys.stdout, sys.stderr):
        if isinstance(output, TextIOWrapper):
            output.reconfigure(errors="replace")  # a terminal or pipe may know no "±"
    sys.path.insert(0, os.getcwd())  # so that "package.module:Class" finds the user's own code
    try:
        stop_by(signal.default_int_handler)
        app(prog_name="nasbed")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except Interrupted as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 130
    except NasbedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    main()
