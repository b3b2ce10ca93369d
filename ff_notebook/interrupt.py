"""Waiting that the stop button ends."""

from __future__ import annotations

from typing import Final

SLICE: Final = 0.1
"""Seconds; nothing on the main thread sleeps longer at a time, so an interrupt is heard at once."""


class StoppedWaiting(KeyboardInterrupt):
    """The user ended a wait: shown as one line, and still an interrupt, so that "Run all" stops."""

    def _render_traceback_(self) -> list[str]:
        """What IPython prints instead of a traceback."""
        return [f"Interrupted: {self}"]
