"""`ktui`, `kubectl ktui` and `python -m ktui`."""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from ktui.cli.root import main as run  # noqa: PLC0415 - the first frame waits for no import that it does not need

    sys.exit(run())


if __name__ == "__main__":
    main()
