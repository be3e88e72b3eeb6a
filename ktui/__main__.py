"""`ktui`, `kubectl ktui` and `python -m ktui`."""


def main() -> None:
    """Run the command line."""
    from ktui.cli import root  # noqa: PLC0415 - the first frame waits for no import that it does not need

    root()


if __name__ == "__main__":
    main()
