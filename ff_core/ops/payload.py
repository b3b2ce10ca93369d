"""Payloads, results and signal bodies: JSON on the wire, bytes as they are."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from ff_core.errors import InvalidInput


def encode(value: Any) -> bytes:
    """The bytes for `value`: None is empty, bytes pass unchanged, all else becomes JSON.

    pydantic models, dataclasses, dates and UUIDs are fine. Raises InvalidInput for what JSON cannot hold.
    """
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    try:
        return to_json(value, inf_nan_mode="constants")
    except (PydanticSerializationError, ValueError) as error:
        raise InvalidInput(
            f"a {type(value).__name__} cannot be sent as JSON ({error}); pass JSON types or bytes"
        ) from None


def decode(raw: bytes | None) -> Any:
    """What `encode` was given: None for nothing, JSON decoded, the bytes themselves where they are no JSON."""
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw
