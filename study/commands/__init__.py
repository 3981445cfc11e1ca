"""The commands, one a file; `incay.study.cli` lists them. Typer and Rich appear only here.

What a command needs is imported when it runs, so that ``--help`` and completion stay quick.
"""
