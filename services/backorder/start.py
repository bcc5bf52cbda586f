"""What `python -m backorder.<service>` does."""

import sys
from collections.abc import Callable
from typing import NoReturn

from backorder.settings import Settings, SettingsError, load

EXIT_USAGE = 2


def main(run: Callable[[Settings], int]) -> NoReturn:
    """Runs a service with the settings of the environment, and ends the process with its exit code."""
    try:
        settings = load()
    except SettingsError as error:
        print(error, file=sys.stderr)
        sys.exit(EXIT_USAGE)
    sys.exit(run(settings))
