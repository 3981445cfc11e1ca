"""Published classification sets, read from the files that torchvision downloads."""
