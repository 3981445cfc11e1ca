"""Studies from Python: what `import incay` offers besides reading results. No Typer, no Rich."""
