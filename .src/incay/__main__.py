"""The command ``incay``, also as ``python -m incay``."""

import sys


def main() -> None:
    """Run the command; Ctrl-C ends it without a stack, also while it is being loaded."""
    try:
        from incay.study.cli import main as command

        command()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
