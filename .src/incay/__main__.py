"""``python -m incay``: the command ``incay``, of this Python."""

from incay.study.cli import main

if __name__ == "__main__":
    main()
