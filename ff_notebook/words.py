"""The words of ``%ff``, described once: parsing, help, completion and hints all come from here.

The names of the values are those of the functions in `ff_notebook.commands`, which a word calls.
"""

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


class _Joined(argparse.Action):
    """Several tokens as one text."""

    def __call__(self, *call: Any) -> None:
        _, values, found, *_ = call
        setattr(values, self.dest, " ".join(found))


class _Pairs(argparse.Action):
    """An option that may come again, each time with one entry of a dictionary."""

    def __call__(self, *call: Any) -> None:
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
        parser.add_argument("-o", dest="output", metavar="NAME", type=_name, help="put the result into this variable")
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


def _name(text: str) -> str:
    if not text.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is no name for a variable")
    return text


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is no tag; write name=value")
    return name, value


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def described() -> Words:
    """All words with their options."""
    words = Words()
    for group in (_connection, _work, _by_hand, _decisions, _looking):
        group(words)
    return words


def _connection(words: Words) -> None:
    word = words.add("connect", "Connect to a server, or to the embedded engine.", "connect valkey://localhost:6379/0")
    word.add_argument("url", metavar="URL", nargs="?", help="valkey://, valkeys:// or unix://; embedded without one")
    word.add_argument("--namespace", default="default", help="whose work to see (default)")
    word.add_argument("--home", metavar="FOLDER", help="where the embedded engine keeps its data")

    words.add("status", "Where this notebook is connected, and what it holds.", "status")


def _work(words: Words) -> None:
    word = words.add("submit", "Submit one piece of work.", 'submit summarize {"document": 1} --lane gpu --tag team=a')
    word.add_argument("kind", metavar="KIND", help="what kind of work it is")
    word.add_argument(
        "payload", metavar="JSON", nargs="?", type=data, help="what to work on; or the body of a %%%%ff cell"
    )
    word.add_argument("--lane", default="default", help="the queue to put it in (default)")
    word.add_argument("--priority", type=_whole, default=0, metavar="N", help="0 to 9000; higher is claimed earlier")
    word.add_argument("--tag", dest="tags", type=_pair, action=_Pairs, metavar="K=V", help="again for each tag")
    word.add_argument("--key", help="submit only once for this key")
    word.add_argument("--delay", metavar="TIME", help="not before this time from now, such as 30s or 5m")
    word.add_argument("--deadline", metavar="TIME", help="to be done within this time")
    word.add_argument("--needs", type=_list, default=(), metavar="A,B", help="what a worker must be capable of")
    word.add_argument("--retries", type=_whole, metavar="N", help="how often to try again after a failure")
    word.add_argument("--wait", action="store_true", help="wait until it has ended, for ten minutes at most")

    word = words.add("cancel", "Cancel an execution, whatever its state.", "cancel 3328ea7e")
    word.add_argument("target", metavar="ID", help="any unique beginning of its UUID")


def _by_hand(words: Words) -> None:
    word = words.add("claim", "Claim the best execution; its lease is kept alive in the background.", "claim gpu cpu")
    word.add_argument("lanes", metavar="LANE", nargs="*", help="lanes to look at (default)")
    word.add_argument("--needs", type=_list, default=(), metavar="A,B", help="what this worker is capable of")
    word.add_argument("--max-wait", default="0s", metavar="TIME", help="wait this long for one, such as 30s")

    word = words.add("progress", "Say how far the claimed work has come.", "progress 40 half of it")
    word.add_argument("percent", metavar="PCT", type=_number, help="0 to 100")
    word.add_argument("text", metavar="TEXT", nargs="*", action=_Joined, help="in words")

    word = words.add("complete", "Finish the claimed work with success.", 'complete {"summary": "all is well"}')
    word.add_argument("result", metavar="JSON", nargs="?", type=data, help="the result; or the body of a %%%%ff cell")

    word = words.add(
        "fail", "Fail the attempt; it is tried again as often as its policy says.", "fail the disk is full"
    )
    word.add_argument("reason", metavar="REASON", nargs="+", action=_Joined, help="what went wrong")
    word.add_argument(
        "--class",
        dest="category",
        type=Suggested("FailureClass"),
        default="transient",
        metavar="CLASS",
        help="transient; permanent is never tried again",
    )

    word = words.add("delay", "Pause the claimed work for a time and give the lease back.", "delay 5m")
    word.add_argument("duration", metavar="DURATION", help="such as 30s, 5m or 2h")

    word = words.add("suspend", "Suspend the claimed work until somebody decides.", "suspend --timeout 10m")
    word.add_argument("--timeout", metavar="TIME", help="how long to wait for a decision; for ever without it")
    word.add_argument(
        "--on-timeout",
        type=Suggested("TimeoutBehavior"),
        default="fail",
        metavar="WHAT",
        help="what happens then: fail, cancel, expire, ...",
    )
    word.add_argument(
        "--reason",
        type=Suggested("SuspensionReason"),
        default="waiting_for_approval",
        metavar="REASON",
        help="what it waits for",
    )


def _decisions(words: Words) -> None:
    word = words.add("inbox", "What waits for a decision.", "inbox gpu")
    word.add_argument("lanes", metavar="LANE", nargs="*", help="only on these lanes")

    for verb, summary in (("approve", "Approve what waits for a decision."), ("reject", "Reject it.")):
        word = words.add(verb, summary, f'{verb} 3328ea7e --comment "seen"')
        word.add_argument("target", metavar="ID", help="any unique beginning of the UUID of execution or waitpoint")
        word.add_argument("--comment", default="", metavar="TEXT", help="goes to the worker")


def _looking(words: Words) -> None:
    word = words.add("ls", "Executions as a DataFrame, newest first.", "ls --state failed --limit 20")
    word.add_argument("--lane", help="only on this lane")
    word.add_argument("--state", type=Suggested("PublicState"), help="only in this state")
    word.add_argument("--kind", help="only of this kind")
    word.add_argument("--tag", dest="tags", type=_pair, action=_Pairs, metavar="K=V", help="only with this tag")
    word.add_argument("--limit", type=_whole, default=50, metavar="N", help="at most so many (50)")

    word = words.add("show", "Everything about one execution.", "show 3328ea7e")
    word.add_argument("target", metavar="ID", help="any unique beginning of its UUID")

    word = words.add("wait", "Wait until an execution has ended.", "wait 3328ea7e --timeout 30s")
    word.add_argument("target", metavar="ID", help="any unique beginning of its UUID")
    word.add_argument("--timeout", default="10m", metavar="TIME", help="for how long at most (10m)")

    word = words.add("result", "What an execution was completed with.", "result 3328ea7e")
    word.add_argument("target", metavar="ID", help="any unique beginning of its UUID")
