"""Tables as data, and how they are written down: renderers, files, manifests."""
