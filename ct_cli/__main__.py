"""Runs the desk: `ct`, or `python -m ct_cli`."""

import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    try:
        from ct_cli.cli.program import main as run
    except KeyboardInterrupt:  # Ctrl-C while the program is still being loaded.
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
