"""Face verification: pairs, the 10-fold protocol and ROC metrics. No PyTorch."""
