"""Functions of JAX, where it is installed."""
