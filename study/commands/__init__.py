"""Commands that show what there is to study; `study.cli` registers them."""
