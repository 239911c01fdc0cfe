"""The command line: ``hybrid run``, ``hybrid check``, ``hybrid doctor``."""
