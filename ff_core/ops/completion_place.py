"""A reader's place among the completions of a server, as a text that survives the process."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ff_core.errors import InvalidInput

EntryId = Annotated[str, Field(pattern=r"^\d+-\d+$")]


class _Place(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Start(_Place):
    """Before the first look."""

    completions: Literal["start"] = "start"
    since: int = 0
    """What ended before (ms) is passed over."""


class InStreams(_Place):
    """In the streams of our library."""

    completions: Literal["streams"] = "streams"
    since: int
    at: dict[str, tuple[EntryId, int]]
    """By the tag of the partition: id and number of the entry that was handed out last."""


class InIndexes(_Place):
    """In the terminal indexes."""

    completions: Literal["indexes"] = "indexes"
    at: tuple[float, str]
    """Time (ms) and id of the execution that was handed out last."""


ReaderPlace = Start | InStreams | InIndexes

_FORMS: Final[TypeAdapter[ReaderPlace]] = TypeAdapter(Annotated[ReaderPlace, Field(discriminator="completions")])


def encode(place: ReaderPlace) -> str:
    """The place as one word."""
    return base64.urlsafe_b64encode(place.model_dump_json().encode()).decode()


def decode(cursor: str) -> ReaderPlace:
    """The place that a word of `encode` names. Raises InvalidInput."""
    try:
        return _FORMS.validate_json(base64.urlsafe_b64decode(cursor.encode()))
    except (ValidationError, ValueError, binascii.Error):
        raise InvalidInput("this is no cursor of completions; pass `cursor` of an earlier iteration") from None
