"""Waiting for a condition: the one way in which a test lets time pass."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], description: str, timeout: float = 10) -> None:
    """Return once `condition` holds; fail with `description` when it does not within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s in vain: {description}")
        time.sleep(0.005)
