"""Whatever arrives in place of an argument, the library answers with a normal reply."""

from typing import Any, Final

import pytest
from conformance.clocked import Server
from conformance.replay import changes, snapshot
from contract import driver, flow_driver, stream_driver, usage_driver
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ff_core.contract import FUNCTIONS
from ff_core.contract.model import Kind

WITH_REPLY: Final = sorted(FUNCTIONS.keys() - {"ff_version"})

BARE_WORDS: Final = FUNCTIONS["ff_check_admission_and_record"].replies.keys()

MADE_ALL_THE_SAME: Final = {"ff_create_budget": "budget_policies", "ff_append_frame": "stream_meta"}
"""What the original makes even for a call that it then refuses, and traces insist on."""

NUMBER_LIKE: Final = ("", " ", "nan", "-nan", "inf", "-inf", "1e400", "0x", "0x10", "1e300", "-1e300")
NUMBERS: Final = (
    "0",
    "-0",
    "-1",
    "0.5",
    "1.5",
    " 7 ",
    "9007199254740993",
    "9" * 400,
    "1\0",
    "abc",
    "x" * 99_999,
)
DOCUMENTS: Final = (
    "{",
    "null",
    "[]",
    "7",
    "[nan]",
    '{"a":[nan]}',
    '{"a":null}',
    "[" * 900 + "]" * 900,
    "[" * 5000 + "]" * 5000,
    "{" + ",".join(f'"t.{number}":"x"' for number in range(9000)) + "}",
    '{"max_retries":1e999,"backoff":{"type":"exponential","initial_delay_ms":0,"multiplier":1e999}}',
    '{"max_retries":9,"backoff":{"type":"exponential","initial_delay_ms":"x","multiplier":-1e308}}',
    '{"max_retries":{},"backoff":[1]}',
    '{"routing_requirements":{"required_capabilities":{"1":"a"}}}',
)
VALUES = st.one_of(st.sampled_from(NUMBER_LIKE + NUMBERS + DOCUMENTS), st.text(), st.floats().map(str))

STATES: Final = (
    lambda _server: None,
    driver.created,
    driver.claimed,
    driver.lapsed,
    driver.revoked,
    driver.completed,
    flow_driver.joined,
    flow_driver.waiting,
    flow_driver.counting,
    flow_driver.ordered,
    flow_driver.skipped,
    usage_driver.defined,
    usage_driver.spent,
    usage_driver.admitted,
    stream_driver.live,
    stream_driver.summed_up,
)


def good_words(name: str) -> list[Any]:
    """A call that is formed well: name of the function, number of keys, keys, arguments."""
    function = FUNCTIONS[name]
    table = function.table
    named = (*function.args, *(table.after if table else ()))
    args = {arg.name: driver.ARGS.get(arg.name, "" if arg.kind is Kind.TEXT else "1") for arg in named}
    rest = [(driver.IDS, ["x.y"] * len(function.rest_args))] if function.rest_args else []
    rows = [[name, *["1"] * (len(table.columns) - 1)] for name in ("tokens", "cost")] if table else []
    return list(function.call(driver.IDS, args, rest=rest, rows=rows).words[1:])


def is_normal(name: str, reply: list[Any]) -> bool:
    return reply[0] in (0, 1) or (name == "ff_check_admission_and_record" and reply[0] in BARE_WORDS)


@pytest.mark.parametrize("name", WITH_REPLY)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_text_in_any_place_gets_a_normal_reply(clocked_server: Server, name: str, data: st.DataObject):
    clocked_server.flushall()
    data.draw(st.sampled_from(STATES))(clocked_server)
    words = good_words(name)
    first = 2 + words[1]
    if first < len(words):
        words[data.draw(st.integers(first, len(words) - 1))] = data.draw(VALUES)
    before = snapshot(clocked_server)
    reply = driver.fcall(clocked_server, *words)
    assert is_normal(name, reply)
    if reply[:2] == [0, "invalid_input"]:
        made = {driver.key(MADE_ALL_THE_SAME[name])} if name in MADE_ALL_THE_SAME else set()
        assert changes(before, snapshot(clocked_server)).keys() <= made


@pytest.mark.parametrize("name", WITH_REPLY)
def test_a_number_that_is_none_is_refused_before_anything_is_read(clocked_server: Server, name: str):
    """The server is empty: whatever looked for the execution first would not find it."""
    function = FUNCTIONS[name]
    for place, arg in enumerate(function.args):
        if arg.kind in (Kind.NUMBER, Kind.OPTIONAL):
            words = good_words(name)
            words[2 + words[1] + place] = "soon"
            message = f"{arg.name} must be a number, got: soon"
            assert driver.fcall(clocked_server, *words) == [0, "invalid_input", message]


@pytest.mark.parametrize("name", WITH_REPLY)
def test_a_call_with_too_few_keys_is_refused(clocked_server: Server, name: str):
    driver.claimed(clocked_server)
    before = snapshot(clocked_server)
    words = good_words(name)
    keys, args = words[2 : 2 + words[1]], words[2 + words[1] :]
    needed = FUNCTIONS[name].required
    for given_ in range(needed):
        reply = driver.fcall(clocked_server, name, given_, *keys[:given_], *args)
        assert reply == [0, "invalid_input", f"needs {needed} keys, got: {given_}"]
    assert snapshot(clocked_server) == before


@pytest.mark.parametrize("name", WITH_REPLY)
def test_more_keys_and_fewer_arguments_get_a_normal_reply(clocked_server: Server, name: str):
    words = good_words(name)
    keys, args = words[2 : 2 + words[1]], words[2 + words[1] :]
    for given_ in range(len(args) + 1):
        clocked_server.flushall()
        driver.claimed(clocked_server)
        more = [*keys, "ffx:one", "ffx:two"]
        assert is_normal(name, driver.fcall(clocked_server, name, len(more), *more, *args[:given_]))
