"""Completion of ``%ff`` lines: words, options, and the words that an option takes."""

from __future__ import annotations

import re
from typing import Final

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from ff_notebook.parser import Suggested, WordParser, Words

_LINE: Final = re.compile(r"\s*(?:[\w.,\s]+=\s*)?%{1,2}ff\s+(?P<rest>.*)", re.DOTALL)


def candidates(words: Words, line: str) -> tuple[str, list[str]]:
    """What is being typed at the end of the line after ``%ff``, and what it can become."""
    *before, typed = line.split(" ") if line.strip() else [""]
    tokens = [token for token in before if token]
    if not tokens:
        valid = [*words.parsers, "--help"]
    elif tokens[0] in words.parsers:
        valid = _of_word(words.parsers[tokens[0]], tokens[1:], typed)
    else:
        valid = []
    return typed, [word for word in valid if word.startswith(typed)]


def _of_word(parser: WordParser, tokens: list[str], typed: str) -> list[str]:
    option = parser.option(tokens[-1]) if tokens else None
    if option and option.nargs != 0:
        return option.type.valid() if isinstance(option.type, Suggested) else []
    if typed.startswith("-") or not typed:
        return [name for name in parser.options() if name not in tokens]
    return []


class Completion:
    """The matcher of these words for IPython."""

    def __init__(self, words: Words) -> None:
        @context_matcher(identifier="ff_notebook")
        def matcher(context: CompletionContext) -> SimpleMatcherResult:
            line = _LINE.fullmatch(context.line_with_cursor[: context.cursor_position])
            if not line:
                return {"completions": []}
            typed, valid = candidates(words, line["rest"])
            # Other matchers would add Python names, and take seconds the first time.
            return {
                "completions": [SimpleCompletion(text=text, type="param") for text in valid],
                "matched_fragment": typed,
                "suppress": True,
                "ordered": True,
            }

        self.matcher: Final = matcher
