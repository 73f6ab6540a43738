"""The command ``nasbed``: errors of ours become one message and exit code 2."""

from __future__ import annotations

import os
import signal
import sys
from io import TextIOWrapper


def main() -> None:
    """Run the command line."""
    from nasbed.cli import app
    from nasbed.errors import Interrupted, NasbedError

    for output in (sys.stdout, sys.stderr):
        if isinstance(output, TextIOWrapper):
            output.reconfigure(errors="replace")  # a terminal or pipe may know no "±"
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # batch systems stop a job so: store what is done
    sys.path.insert(0, os.getcwd())  # so that "package.module:Class" finds the user's own code
    try:
        app(prog_name="nasbed")
    except Interrupted as stop:
        print(f"\n{stop}", file=sys.stderr)
        sys.exit(130)
    except NasbedError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
