"""Waitpoint tokens: whoever holds one can decide, so nothing here shows one (contract 01 §4.3, 04 §16)."""

from __future__ import annotations

import hmac
from typing import Any, Final, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ff_core.errors import InvalidInput

_FINGERPRINT_DIGITS: Final = 16


class WaitpointToken:
    """The credential of a waitpoint, ``<key id>:<40 hex digits>``.

    It prints, formats, pickles and dumps as ``<key id>:<REDACTED:len=40>``. Only `reveal` gives the raw text; a
    token that comes out of a pickle has none. Tokens compare in constant time.
    """

    __slots__ = ("__text", "_shown")

    def __init__(self, text: str) -> None:
        self.__text: str | None = text
        self._shown = _redacted(text)

    def reveal(self) -> str:
        """The raw text, for the wire only. Raises InvalidInput for a token that was pickled."""
        if self.__text is None:
            raise InvalidInput(f"token {self} was pickled without its credential; read it from the server again")
        return self.__text

    as_str = reveal

    @property
    def kid(self) -> str:
        """The id of the key it was signed with; empty for a malformed token."""
        kid, colon, _ = self._shown.partition(":<")
        return kid if colon else ""

    @property
    def fingerprint(self) -> str:
        """The first 16 digits of the digest: enough to recognise the token, useless for deciding."""
        return self.reveal().partition(":")[2][:_FINGERPRINT_DIGITS]

    def __repr__(self) -> str:
        return f"WaitpointToken({self._shown})"

    def __str__(self) -> str:
        return self._shown

    def __format__(self, spec: str) -> str:
        return format(self._shown, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WaitpointToken):
            return NotImplemented
        if self.__text is None or other.__text is None:
            return self is other
        return hmac.compare_digest(self.__text.encode(), other.__text.encode())

    def __hash__(self) -> int:
        return id(self) if self.__text is None else hash(self.__text)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), ("",), self._shown

    def __setstate__(self, shown: str) -> None:
        self.__text = None
        self._shown = shown

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        read = core_schema.no_info_after_validator_function(cls, core_schema.str_schema())
        return core_schema.union_schema(
            [core_schema.is_instance_schema(cls), read],
            serialization=core_schema.to_string_ser_schema(),
        )


class WaitpointHmac:
    """A waitpoint token in its role as the proof that goes with a waitpoint."""

    __slots__ = ("_token",)

    def __init__(self, text: str) -> None:
        self._token = WaitpointToken(text)

    @property
    def token(self) -> WaitpointToken:
        """The token itself."""
        return self._token

    def reveal(self) -> str:
        """The raw text, for the wire only."""
        return self._token.reveal()

    as_str = reveal

    def __repr__(self) -> str:
        return f"WaitpointHmac({self._token!r})"

    def __str__(self) -> str:
        return str(self._token)

    def __format__(self, spec: str) -> str:
        return format(self._token, spec)

    def __eq__(self, other: object) -> bool:
        return self._token == other._token if isinstance(other, WaitpointHmac) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._token)


def _redacted(text: str) -> str:
    kid, colon, digest = text.partition(":")
    return f"{kid}:<REDACTED:len={len(digest)}>" if kid and colon else "<REDACTED:malformed>"
