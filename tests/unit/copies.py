"""Copies of a value, to see what survives."""

import copy
import pickle
from typing import TypeVar

T = TypeVar("T")


def copies(value: T) -> list[T]:
    """A shallow copy, a deep one, and one through a pickle."""
    unpickled = pickle.loads(pickle.dumps(value))  # noqa: S301 - our own pickle
    return [copy.copy(value), copy.deepcopy(value), unpickled]
