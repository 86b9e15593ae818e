"""The ``onward`` command: finds its parts, and turns every foreseen failure into a sentence.

Exit codes: 0 good, 1 a check or the work failed, 2 wrong use.
"""

import sys
import warnings

SERVING = {"serve", "up", "demo"}
"""Commands that run services in this process, and so have to be made green before anything is imported."""


def main() -> None:
    """Run the command line."""
    warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")
    if next((word for word in sys.argv[1:] if not word.startswith("-")), "") in SERVING:
        from onward.green import make_green  # noqa: PLC0415 - before everything else, and only here

        make_green()
    from onward.cli.app import run  # noqa: PLC0415 - imports what has to be patched first

    sys.exit(run())


if __name__ == "__main__":
    main()
