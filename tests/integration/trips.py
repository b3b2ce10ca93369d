"""Counting round trips."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from ff_core.backend import drive


@contextmanager
def counted_trips() -> Iterator[list[int]]:
    """A list that gets the number of commands of every trip that a client makes in the body."""
    trips: list[int] = []
    real = drive.Trip

    def counting(commands: Sequence[Any]) -> drive.Trip:
        trips.append(len(commands))
        return real(commands)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drive, "Trip", counting)
        yield trips
