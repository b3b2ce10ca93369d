"""What is in front of this process: a front end with widgets, a terminal, or nobody."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Any, Final

from IPython.core.getipython import get_ipython

from ff_core.errors import InvalidInput
from ff_notebook.text import nearest

FORCED_BY: Final = "FF_NOTEBOOK_MODE"
"""The environment variable that names the mode instead."""


class Mode(StrEnum):
    """How results are shown."""

    LIVE = "live"
    """A front end that shows widgets: JupyterLab, Notebook, Voila."""
    TEXT = "text"
    """A terminal, or plain Python."""
    UNATTENDED = "unattended"
    """A kernel that nobody can answer: nbclient, papermill, nbconvert, CI."""


def mode() -> Mode:
    """The mode of this process now. Raises InvalidInput when FF_NOTEBOOK_MODE names none."""
    forced = os.environ.get(FORCED_BY, "")
    if not forced:
        return _found()
    try:
        return Mode(forced)
    except ValueError:
        hint = nearest(forced, Mode)
        raise InvalidInput(f"{FORCED_BY} is {forced!r}; {hint} Valid are {', '.join(Mode)}") from None


def _found() -> Mode:
    kernel: Any = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return Mode.TEXT
    # Who runs a notebook without a person cannot be asked for input; Voila cannot either, but shows widgets.
    asked = kernel.get_parent().get("content", {}).get("allow_stdin", False)
    return Mode.LIVE if asked or "VOILA_KERNEL_ID" in os.environ else Mode.UNATTENDED
