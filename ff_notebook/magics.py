"""``%ff`` and ``%%ff``: take a line apart, call the function of its word, show what it answers."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any, Final

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

import ff_notebook
from ff_core.errors import FlowFabricError
from ff_notebook.completion import Completion
from ff_notebook.line import filled, tokens
from ff_notebook.parser import HelpShownError, WordParser, read_data
from ff_notebook.text import message
from ff_notebook.words import described

_BODIES: Final = ("payload", "result")
"""Names of the values that the body of a cell can be."""

_WORDS: Final = described()
_COMPLETION: Final = Completion(_WORDS)


@magics_class
class FlowFabricMagics(Magics):
    """The magic ``%ff``."""

    shell: InteractiveShell

    @no_var_expand
    @line_cell_magic
    def ff(self, line: str, cell: str | None = None) -> Any:
        """FlowFabric in a notebook: ``%ff --help`` lists the words, ``%ff WORD --help`` explains one."""
        try:
            return self._run(line, cell)
        except HelpShownError:
            return None
        except (FlowFabricError, UsageError) as error:
            raise UsageError(message(error)) from error

    def _run(self, line: str, cell: str | None) -> Any:
        word, *rest = tokens(line, self.shell.user_ns) or ["--help"]
        if word.startswith("-"):
            return _WORDS.line.parse_args([word])
        parser = _WORDS.parser(word)
        values = parser.values(rest)
        output = values.pop("output")
        if cell is not None:
            values |= self._body(parser, values, cell)
        answer = getattr(ff_notebook, word)(*values.pop("lanes", ()), **values)
        if output:
            self.shell.user_ns[output] = answer
        return answer

    def _body(self, parser: WordParser, values: dict[str, Any], cell: str) -> dict[str, Any]:
        """What the body of a cell stands for."""
        name = next((name for name in _BODIES if name in values), None)
        if name is None:
            raise UsageError(f"{parser.prog} takes no body; write it in one line, with one %")
        if values[name] is not None:
            raise UsageError(f"{parser.prog} has JSON in the line and in the body; give one of them")
        try:
            return {name: read_data(filled(cell, self.shell.user_ns))}
        except argparse.ArgumentTypeError as error:
            parser.error(f"in the body, {error}")


def load(shell: InteractiveShell) -> None:
    """Give the shell ``%ff`` and its completion; again changes nothing."""
    shell.register_magics(FlowFabricMagics)
    matchers = shell.Completer.custom_matchers
    if _COMPLETION.matcher not in matchers:
        matchers.append(_COMPLETION.matcher)


def unload(shell: InteractiveShell) -> None:
    """Take ``%ff`` and its completion away, and close the connection."""
    for magics in shell.magics_manager.magics.values():
        magics.pop("ff", None)
    shell.Completer.custom_matchers.remove(_COMPLETION.matcher)
    import_module("ff_notebook.session").SESSION.close()
