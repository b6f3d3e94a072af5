"""Reads what the shop writes to its log, as LOG_FORMAT=json has it."""

import contextlib
import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

from bookstore import logs


def formatter(log_format: str) -> logging.Formatter:
    """What makes lines of this format."""
    known = logs.configuration(log_format, role="all", release="3f2c1a")["formatters"]["lines"]
    made = logging.config.DictConfigurator({}).configure_formatter(known)
    assert isinstance(made, logging.Formatter)
    return made


@contextlib.contextmanager
def written() -> Iterator[list[dict[str, Any]]]:
    """The lines that are written until the end of the block; filled when it is reached."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter("json"))
    lines: list[dict[str, Any]] = []
    logging.getLogger().addHandler(handler)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(handler)
        lines += [json.loads(line) for line in stream.getvalue().splitlines()]
