"""Tables as files, and the manifests that say which trials stand behind them."""
