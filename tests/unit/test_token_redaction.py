"""No way of showing, copying or storing a token shows its raw text, but for the explicit call."""

import dataclasses
import json
import logging
import pickle
import pprint
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from pydantic import BaseModel, TypeAdapter
from unit.copies import copies

from ff_core.errors import InvalidInput, InvalidToken
from ff_core.types import (
    Fresh,
    PendingWaitpoint,
    SuspensionDetails,
    SuspensionId,
    WaitpointHmac,
    WaitpointId,
    WaitpointTicket,
    WaitpointToken,
)

DIGEST = "15aba1441f9665708840b0138a93d982bed2a1a1"
RAW = f"k1:{DIGEST}"
SHOWN = "k1:<REDACTED:len=40>"
TOKEN = WaitpointToken(RAW)


class Mail(BaseModel):
    token: WaitpointToken


def details() -> SuspensionDetails:
    waitpoint = Fresh.new()
    return SuspensionDetails(
        suspension_id=SuspensionId.new(),
        waitpoint_id=waitpoint.waitpoint_id,
        waitpoint_key=waitpoint.waitpoint_key,
        waitpoint_token=TOKEN,
        additional=(WaitpointTicket(waitpoint.waitpoint_id, waitpoint.waitpoint_key, TOKEN),),
    )


HOLDERS: dict[str, Any] = {
    "token": TOKEN,
    "hmac": WaitpointHmac(RAW),
    "details": details(),
    "pending": PendingWaitpoint(WaitpointId.new(), WaitpointHmac(RAW)),
    "model": Mail(token=TOKEN),
    "list": [TOKEN],
    "unpickled": pickle.loads(pickle.dumps(TOKEN)),  # noqa: S301 - our own pickle
}

WAYS: dict[str, Callable[[Any], object]] = {
    "repr": repr,
    "str": str,
    "format": "{:>60}".format,
    "percent": lambda value: "%s %r" % (value, value),  # noqa: UP031 - logging formats this way
    "ascii": ascii,
    "pprint": pprint.pformat,
    "json default": lambda value: json.dumps({"held": value}, default=str),
    "pydantic json": lambda value: TypeAdapter(Any).dump_json(value, fallback=str),
    "pickle": pickle.dumps,
    "old pickle": lambda value: pickle.dumps(value, protocol=2),
    "exception": lambda value: f"{InvalidToken(value)} {InvalidToken(value)!r}",
    "frame": lambda value: pd.DataFrame({"held": [value]}),
    "frame to csv": lambda value: pd.DataFrame({"held": [value]}).to_csv(),
    "frame to html": lambda value: pd.DataFrame({"held": [value]}).to_html(),
    "frame to text": lambda value: pd.DataFrame({"held": [value]}).to_string(),
    "frame to pickle": lambda value: pickle.dumps(pd.DataFrame({"held": [value]})),
    "frame as text": lambda value: pd.DataFrame({"held": [value]}).astype(str).to_json(),
}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("way", WAYS)
def test_a_token_is_never_shown(way: str, holder: str):
    shown = WAYS[way](f"{HOLDERS[holder]}" if way == "format" else HOLDERS[holder])
    seen = shown if isinstance(shown, bytes) else str(shown).encode()
    assert DIGEST.encode() not in seen
    assert DIGEST[16:].encode() not in seen


@pytest.mark.parametrize("holder", HOLDERS)
def test_a_token_is_never_logged(holder: str, caplog: pytest.LogCaptureFixture):
    value = HOLDERS[holder]
    logging.getLogger("ff").warning("held %s %r", value, value)
    logging.getLogger("ff").warning(value)
    assert DIGEST not in caplog.text


def test_a_token_shows_its_key_and_length():
    assert str(TOKEN) == f"{TOKEN}" == SHOWN
    assert repr(TOKEN) == f"WaitpointToken({SHOWN})"
    assert repr(WaitpointHmac(RAW)) == f"WaitpointHmac(WaitpointToken({SHOWN}))"
    assert f"{TOKEN:>30}" == SHOWN.rjust(30)
    assert f"{WaitpointHmac(RAW):>30}" == SHOWN.rjust(30)


@pytest.mark.parametrize(
    "text,shown",
    [
        ("kid1:deadbeef", "kid1:<REDACTED:len=8>"),
        ("k:a:b", "k:<REDACTED:len=3>"),
        ("k:", "k:<REDACTED:len=0>"),
        ("no colon", "<REDACTED:malformed>"),
        (":digest", "<REDACTED:malformed>"),
        ("", "<REDACTED:malformed>"),
    ],
)
def test_a_mutilated_token_is_redacted_too(text: str, shown: str):
    assert str(WaitpointToken(text)) == shown
    assert WaitpointToken(text).reveal() == text


def test_the_raw_text_takes_an_explicit_call():
    assert TOKEN.reveal() == TOKEN.as_str() == RAW
    assert WaitpointHmac(RAW).reveal() == WaitpointHmac(RAW).as_str() == WaitpointHmac(RAW).token.reveal() == RAW


def test_a_token_is_recognised_by_key_and_fingerprint():
    assert TOKEN.kid == "k1"
    assert TOKEN.fingerprint == DIGEST[:16]
    assert WaitpointToken("malformed").kid == ""


def test_copies_are_the_token_and_a_pickle_is_its_shadow():
    shallow, deep, unpickled = copies(details())
    assert shallow.waitpoint_token.reveal() == deep.waitpoint_token.reveal() == RAW
    shadow = unpickled.waitpoint_token
    assert str(shadow) == SHOWN
    assert shadow.kid == "k1"
    with pytest.raises(InvalidInput, match="read it from the server again"):
        shadow.reveal()
    assert shadow != TOKEN
    assert shadow == shadow  # noqa: PLR0124 - it equals nothing but itself
    assert len({shadow, TOKEN}) == 2
    assert str(copies(shadow)[2]) == SHOWN


def test_tokens_are_equal_by_their_text():
    assert WaitpointToken(RAW) == TOKEN != WaitpointToken(RAW.upper())
    assert hash(WaitpointToken(RAW)) == hash(TOKEN)
    assert TOKEN != RAW
    assert WaitpointHmac(RAW) != TOKEN


def test_a_model_reads_the_raw_text_and_writes_the_redacted_one():
    mail = Mail.model_validate_json(json.dumps({"token": RAW}))
    assert mail.token.reveal() == RAW
    assert Mail(token=TOKEN).token is TOKEN
    assert mail.model_dump_json() == json.dumps({"token": SHOWN}, separators=(",", ":"))
    assert mail.model_dump(mode="json") == {"token": SHOWN}
    assert SHOWN in str(mail.model_dump())


def test_plain_json_refuses_a_token():
    with pytest.raises(TypeError, match="WaitpointToken is not JSON serializable"):
        json.dumps(TOKEN)


def test_a_dictionary_of_a_value_holds_tokens_not_texts():
    assert dataclasses.asdict(details())["waitpoint_token"] == TOKEN


def test_a_frame_writes_no_raw_text_as_json():
    assert DIGEST[16:] not in pd.DataFrame({"token": [TOKEN], "hmac": [WaitpointHmac(RAW)]}).to_json()
