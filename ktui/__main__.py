"""`ktui`, `kubectl ktui` and `python -m ktui`."""

import gc
import sys

from ktui import start_profile


def main() -> None:
    """Run the command line and exit with its code."""
    # What is imported stays, so there is nothing to collect in it, and yet the collector would go through all of it
    # again and again: a twentieth of the time to the first frame. It begins where a command does (`ktui.cli.root`),
    # and in the dashboard after the first frame.
    gc.disable()
    start_profile.reached("Python runs")
    from ktui.cli.root import main as run  # noqa: PLC0415 - the first frame waits for no import that it does not need

    sys.exit(run())


if __name__ == "__main__":
    main()
