"""Commands that show what there is to study; `incay.study.cli` registers them."""
