"""The native simulator: exact states in the kernels of this package."""
