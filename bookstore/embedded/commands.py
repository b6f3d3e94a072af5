"""Which stores a command of manage.py works on."""

import contextlib
import os
from collections.abc import Iterator, Sequence

from bookstore import embedded
from bookstore.embedded.addresses import Engines

ON = {"1", "true", "on", "yes", "y", "ok", "t"}  # what the settings take for true


@contextlib.contextmanager
def stores_for(arguments: Sequence[str]) -> Iterator[None]:
    """Point the environment at the embedded engines where the command may use them.

    `serve` starts them itself. Any other command uses those of a running `serve`, or, with DEBUG
    on, has them for as long as it runs. In every other case the settings name what is missing.
    """
    addresses = Engines(embedded.data_folder())
    is_serve = len(arguments) > 1 and arguments[1] == "serve"
    may_use = embedded.are_needed() and os.environ.get("BOOKSTORE_ROLE", "all") == "all"
    if is_serve:
        os.environ.update(embedded.environment(addresses, with_stores=may_use))
        yield
    elif may_use and embedded.find_running(addresses.data_dir):
        os.environ.update(embedded.environment(addresses))
        yield
    elif may_use and os.environ.get("DEBUG", "").lower() in ON:
        os.environ.update(embedded.environment(addresses))
        with embedded.start(addresses.data_dir):
            yield
    else:
        yield
