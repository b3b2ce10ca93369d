"""The notebook front end of FlowFabric: ``%load_ext ff_notebook``, then ``%ff --help``.

Every word of ``%ff`` is a function here too: ``%ff claim gpu`` is ``ff_notebook.claim("gpu")``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ff_notebook.commands.by_hand import claim, complete, delay, fail, progress, suspend
    from ff_notebook.commands.connection import connect, status
    from ff_notebook.commands.decisions import approve, inbox, reject
    from ff_notebook.commands.listing import ls
    from ff_notebook.commands.looking import result, show, wait
    from ff_notebook.commands.work import cancel, submit
    from ff_notebook.front_end import mode

__all__ = [
    "approve",
    "cancel",
    "claim",
    "complete",
    "connect",
    "delay",
    "fail",
    "inbox",
    "load_ipython_extension",
    "ls",
    "mode",
    "progress",
    "reject",
    "result",
    "show",
    "status",
    "submit",
    "suspend",
    "unload_ipython_extension",
    "wait",
]

_MODULES: Final = {
    "commands.by_hand": ("claim", "complete", "delay", "fail", "progress", "suspend"),
    "commands.connection": ("connect", "status"),
    "commands.decisions": ("approve", "inbox", "reject"),
    "commands.listing": ("ls",),
    "commands.looking": ("result", "show", "wait"),
    "commands.work": ("cancel", "submit"),
    "front_end": ("mode",),
}


def __getattr__(name: str) -> Any:
    """Import a function on first use: loading the extension takes no time, and pandas comes with the first listing."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What ``%load_ext ff_notebook`` calls: there is ``%ff`` from now on, and its completion."""
    import_module("ff_notebook.magics").load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """What ``%unload_ext ff_notebook`` calls: ``%ff`` is gone, and the connection closed."""
    import_module("ff_notebook.magics").unload(shell)
