"""The command line."""

from typing import NoReturn

from hybrid.core.early import end_on_control_c, listen

listen()  # before the rest of the program is loaded


def main() -> NoReturn:
    """Run the command line of this process, and exit."""
    end_on_control_c()
    from hybrid.cli.app import main as run

    run()
