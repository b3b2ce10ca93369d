"""HTML of views: a frame with its style, tables, facts, states. What is not HTML yet is cleaned and escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Final

from ff_notebook.text import escaped, one_line

_STYLE: Final = (files("ff_notebook.views") / "look.css").read_text("utf-8")


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def framed(body: Html) -> str:
    """A view with its style. Where a front end drops the style, plain HTML remains."""
    return f'<style>{_STYLE}</style><div class="ff-view">{body}</div>'


def paragraph(text: str, style: str = "ff-plain") -> Html:
    """Text of its own."""
    return Html(f'<p class="{style}">{escaped(text)}</p>')


def excerpt(value: object) -> Html:
    """A value in one line, with all of it in the title where it does not fit; HTML as it is."""
    if isinstance(value, Html):
        return value
    text = str(value)
    shown = one_line(text)
    if shown == text:
        return Html(escaped(text))
    return Html(f'<span title="{escaped(text)}">{escaped(shown)}</span>')


def short_id(full: str, shown: str) -> Html:
    """The beginning of an id, with all of it in the title."""
    return Html(f'<span class="ff-id" title="{escaped(full)}">{escaped(shown)}</span>')


def state(word: str) -> Html:
    """A state, coloured."""
    return Html(f'<span class="ff-state ff-{escaped(word)}">{escaped(word)}</span>')


def bar(percent: float | None) -> Html:
    """How far something has come."""
    if percent is None:
        return Html("")
    return Html(f'<span class="ff-bar"><span style="width: {percent:g}%"></span></span>{percent:g} %')


def preformatted(text: str) -> Html:
    """Text with its line breaks."""
    return Html(f'<pre class="ff-data">{escaped(text)}</pre>')


def heading(kind: str, id_: Html, *rest: Html) -> Html:
    """What the rest is about."""
    return Html(f'<div class="ff-head"><b>{excerpt(kind)}</b>{id_}{"".join(rest)}</div>')


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Names and values, one a line."""
    lines = (
        f"<dt>{escaped(name)}</dt><dd>{value if isinstance(value, Html) else escaped(str(value))}</dd>"
        for name, value in pairs
    )
    return Html(f"<dl>{''.join(lines)}</dl>")


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    """Values under headings."""
    head = "".join(f"<th>{escaped(name)}</th>" for name in headings)
    body = "".join(f"<tr>{''.join(f'<td>{excerpt(value)}</td>' for value in row)}</tr>" for row in rows)
    return Html(f'<table class="ff-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')
