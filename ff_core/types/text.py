"""The base of all ids and names: a text with a type of its own."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_LIMIT: Final = 80
_DIGEST: Final = re.compile(r"[0-9a-fA-F]{40}")


class Text(str):
    """A text that pydantic models read through the constructor of its class."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())


def quoted(text: str) -> str:
    """What the user gave, fit for an error message: quoted, of limited length, and never a waitpoint token.

    Tokens are blotted out because they are long texts like any other and get passed in the wrong place.
    """
    shown = _DIGEST.sub("<REDACTED:len=40>", text)
    return repr(shown if len(shown) <= _LIMIT else shown[:_LIMIT] + "...")
