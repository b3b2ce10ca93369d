"""The three faces of an answer, and two plain kinds of it: a line, and facts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from ff_notebook.front_end import Mode, mode
from ff_notebook.text import LIMIT, clean, columns
from ff_notebook.views.markup import Html, facts, framed, paragraph


class View(ABC):
    """An answer of a command. It always has text and HTML; a front end with widgets may get one besides."""

    @abstractmethod
    def text(self) -> str:
        """The answer for a terminal."""

    @abstractmethod
    def html(self) -> Html:
        """The answer for a page."""

    def widget(self) -> Any:
        """The answer that changes while one looks at it, where there is one."""
        return None

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What IPython asks for. A saved notebook shows the HTML when its widget is gone."""
        shown = self.widget() if mode() is Mode.LIVE else None
        bundle, about = shown._repr_mimebundle_() if shown else ({}, {})
        return {**bundle, "text/plain": self.text(), "text/html": framed(self.html())}, about


class Note(View):
    """What was done, in a line. `id` is the execution it is about, `value` what the client answered."""

    def __init__(self, line: str, execution_id: str = "", value: Any = None) -> None:
        self._line = clean(line)
        self.id = execution_id
        self.value = value

    def text(self) -> str:
        """The line."""
        return self._line

    def html(self) -> Html:
        """The line."""
        return paragraph(self._line)


class Nothing(Note):
    """A line about what was not there; it counts as false."""

    def __bool__(self) -> bool:
        return False


class Facts(View):
    """Names and values. `value` is what they are about."""

    def __init__(self, pairs: Sequence[tuple[str, str]], value: Any = None) -> None:
        self.pairs = pairs
        self.value = value

    def text(self) -> str:
        """One fact a line."""
        return columns(self.pairs, LIMIT)

    def html(self) -> Html:
        """One fact a line."""
        return facts(self.pairs)
