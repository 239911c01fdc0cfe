"""The command line: ``hybrid run``, ``hybrid check``, ``hybrid doctor``."""

from hybrid.core.early import listen

listen()  # before the rest of the program is loaded
