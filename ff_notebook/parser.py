"""How a ``%ff`` line becomes values: argparse as IPython uses it, with errors of one line and nearest words."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, NoReturn

from IPython.core.error import UsageError
from IPython.core.magic_arguments import MagicArgumentParser

from ff_notebook.line import Token, Variable
from ff_notebook.text import nearest

_HELP: Final = frozenset({"-h", "--help"})


class HelpShownError(Exception):
    """Help was asked for and printed; there is nothing left to do."""


class WordParser(MagicArgumentParser):
    """Parses what follows a word. A mistake is a UsageError of one line; ``--help`` ends in `HelpShownError`."""

    def __init__(self, prog: str | None = None, description: str | None = None, example: str | None = None) -> None:
        self.described: list[argparse.Action] = []
        super().__init__(
            prog=prog,
            description=description,
            epilog=example and f"for example:\n  {example}",
            add_help=True,
        )
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        self.allow_abbrev = False

    def add_argument(self, *names: Any, **details: Any) -> argparse.Action:
        """As argparse does; what was added is listed in `described`."""
        action = super().add_argument(*names, **details)
        self.described.append(action)
        return action

    def option(self, name: str) -> argparse.Action | None:
        """The option of this name, such as ``--lane``."""
        return next((action for action in self.described if name in action.option_strings), None)

    def options(self) -> list[str]:
        """The long names of all options."""
        return [name for action in self.described for name in action.option_strings if name.startswith("--")]

    def values(self, tokens: Sequence[str]) -> dict[str, Any]:
        """What these tokens say, by the names that the command gives its parameters."""
        if _HELP.intersection(tokens):
            self.print_help()
            raise HelpShownError
        parsed, unknown = self.parse_known_intermixed_args(list(tokens))  # values may stand after options
        if unknown:
            self.error(self._unknown(unknown[0]))
        return vars(parsed)

    def _unknown(self, token: str) -> str:
        if token.startswith("-"):
            name = token.partition("=")[0]
            return f"there is no option {name} here; {nearest(name, self.options())}".rstrip("; ")
        return f"{token!r} is one too many"

    def error(self, message: str) -> NoReturn:
        """Refuse the line."""
        raise UsageError(f"{self.prog}: {message} (more with {self.prog} --help)")

    def exit(self, *_: Any) -> NoReturn:
        """What argparse calls once it has printed the help; a kernel must not end over that."""
        raise HelpShownError


class Suggested:
    """A word of one of FlowFabric's enumerations. The client checks it; here it is only known for completion."""

    def __init__(self, enumeration: str) -> None:
        self._enumeration = enumeration

    def __call__(self, text: str) -> str:
        """The word as it is."""
        return text

    def valid(self) -> list[str]:
        """All valid words."""
        return [str(word) for word in getattr(import_module("ff_core.types"), self._enumeration)]


class Joined(argparse.Action):
    """Several tokens as one text."""

    def __call__(self, *call: Any) -> None:
        """Keep the tokens as one text."""
        _, values, found, *_ = call
        setattr(values, self.dest, " ".join(found))


class Pairs(argparse.Action):
    """An option that may come again, each time with one entry of a dictionary."""

    def __call__(self, *call: Any) -> None:
        """Keep one more entry."""
        _, values, (name, value), *_ = call
        setattr(values, self.dest, {**(getattr(values, self.dest) or {}), name: value})


class Words:
    """All words: a parser for the line, and one for each word."""

    def __init__(self) -> None:
        self.line = WordParser("%ff", "FlowFabric: work that is submitted, claimed, suspended, approved and completed.")
        self._group = self.line.add_subparsers(title="words", metavar="WORD", parser_class=WordParser)
        self.parsers: dict[str, WordParser] = {}

    def add(self, word: str, summary: str, example: str) -> WordParser:
        """A word; every one can put what it gives into a variable."""
        parser = self._group.add_parser(word, help=summary, description=summary, example=f"%ff {example}")
        parser.add_argument(
            "-o", dest="output", metavar="NAME", type=variable_name, help="put the result into this variable"
        )
        self.parsers[word] = parser
        return parser

    def parser(self, word: str) -> WordParser:
        """The parser of a word. Raises UsageError with the nearest valid one."""
        if word in self.parsers:
            return self.parsers[word]
        hint = nearest(word, self.parsers) or f"words are {', '.join(self.parsers)}"
        raise UsageError(f"there is no %ff {word}; {hint} (more with %ff --help)")


def data(text: str) -> Any:
    """A JSON value: as it stands on the line, with the quotes of a shell around it, or a variable's value."""
    if isinstance(text, Variable):
        return text.value
    written = text.raw if isinstance(text, Token) else text
    try:
        return read_data(written)
    except argparse.ArgumentTypeError:
        if written == text:
            raise
        return read_data(text)


def read_data(text: str) -> Any:
    """The value of JSON text. Raises ArgumentTypeError with the place of what is wrong."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        hint = "; a text needs double quotes" if error.msg == "Expecting value" else ""
        place = f"line {error.lineno}, column {error.colno}"
        raise argparse.ArgumentTypeError(f"this is no JSON, at {place}: {error.msg}{hint}") from None


def variable_name(text: str) -> str:
    """A name that a variable can have."""
    if not text.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is no name for a variable")
    return text


def whole_number(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def number(text: str) -> float:
    """A number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def pair(text: str) -> tuple[str, str]:
    """A name and a value."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is no tag; write name=value")
    return name, value


def comma_list(text: str) -> tuple[str, ...]:
    """Words between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
