"""Layers of PyTorch, where it is installed."""
