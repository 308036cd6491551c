"""Runs the desk: `ct`, or `python -m ct_cli`."""

import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    from ct_cli.cli.program import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
