"""Whatever is refused, or makes no sense, leaves everything as it was and gets a normal reply."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from conformance.replay import snapshot
from contract import driver
from contract import suspension_driver as sd
from contract.driver import call, fcall, key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ff_core.contract import FUNCTIONS

FUNCTION_NAMES: Final = [
    "ff_suspend_execution",
    "ff_resume_execution",
    "ff_expire_suspension",
    "ff_create_pending_waitpoint",
    "ff_close_waitpoint",
    "ff_deliver_signal",
    "ff_buffer_signal_for_pending_waitpoint",
    "ff_claim_resumed_execution",
    "ff_rotate_waitpoint_hmac_secret",
    "ff_list_waitpoint_hmac_kids",
]

NOT_JSON: Final = [0, "invalid_input", "resume_condition_json must be a JSON object"]
NO_NAMES: Final = "required_signal_names must be a list of at most 1000 names"

REFUSED_CONDITIONS: Final = {
    "": NOT_JSON,
    "{": NOT_JSON,
    "null": NOT_JSON,
    "7": NOT_JSON,
    '"approved"': NOT_JSON,
    "[" * 5000 + "]" * 5000: NOT_JSON,
    '{"required_signal_names":"approved"}': [0, "invalid_resume_condition", NO_NAMES],
    '{"required_signal_names":[' + "7," * 1000 + "7]}": [0, "invalid_resume_condition", NO_NAMES],
    '{"required_signal_names":[7]}': [0, "invalid_resume_condition", "required_signal_names must hold texts"],
    '{"minimum_signal_count":"two"}': [
        0,
        "invalid_resume_condition",
        "minimum_signal_count must be a number",
    ],
    '{"condition_type":"composite"}': [0, "invalid_resume_condition", "a composite condition has v = 1"],
    '{"v":1,"composite":true}': [0, "invalid_resume_condition", "no condition at path <root>"],
    '{"v":1,"composite":true,"tree":{"kind":"NeverBySignal","n":nan}}': [
        0,
        "invalid_resume_condition",
        "the tree holds a number that JSON has no form for",
    ],
}


@pytest.mark.parametrize("condition", REFUSED_CONDITIONS, ids=lambda condition: condition[:40])
@pytest.mark.parametrize("waits_on", ["fresh", "pending"])
def test_a_condition_that_cannot_be_read_is_refused(clocked_server: Server, condition: str, waits_on: str):
    sd.working(clocked_server)
    if waits_on == "pending":
        sd.pending(clocked_server)
    before = snapshot(clocked_server)
    suspend = {"fresh": sd.suspend, "pending": sd.suspend_on_pending}[waits_on]
    assert suspend(clocked_server, condition=condition) == REFUSED_CONDITIONS[condition]
    assert snapshot(clocked_server) == before


@pytest.mark.parametrize(
    "condition,stored",
    [
        ("{}", ["signal_set", "any", "1", "1", ""]),
        ('{"required_signal_names":null,"minimum_signal_count":null}', ["signal_set", "any", "1", "1", ""]),
        ('{"required_signal_names":["a"],"minimum_signal_count":" 2 "}', ["signal_set", "any", "2", "1", "a"]),
        ('{"signal_match_mode":"all","condition_type":"mine"}', ["mine", "all", "1", "1", ""]),
    ],
)
def test_what_a_condition_does_not_say_has_a_default(clocked_server: Server, condition: str, stored: list[str]):
    sd.suspended(clocked_server, condition)
    names = ("condition_type", "match_mode", "minimum_signal_count", "total_matchers", "matcher:0:name")
    assert driver.fields(clocked_server, "waitpoint_condition", *names) == stored


@pytest.mark.parametrize("total", ["-1", "0.5", "2", "1001", "1e300"])
def test_a_count_of_extra_waitpoints_that_does_not_fit_is_refused(clocked_server: Server, total: str):
    sd.working(clocked_server)
    before = snapshot(clocked_server)
    reply = sd.suspend(clocked_server, extras=[(sd.waitpoint(2), "B")], extra_count=total)
    assert reply == [0, "additional_waitpoint_binding_malformed"]
    assert snapshot(clocked_server) == before


def test_an_extra_waitpoint_without_its_keys_is_refused(clocked_server: Server):
    sd.working(clocked_server)
    before = snapshot(clocked_server)
    reply = sd.suspend(clocked_server, extra_count="1", idempotency_key="once", dedup_ttl_ms="60000")
    assert reply == [0, "additional_waitpoint_binding_malformed"]
    assert snapshot(clocked_server) == before


@pytest.mark.parametrize("maxlen", ["-1", "0.5", "1e300"])
def test_an_odd_length_of_the_history_is_no_reason_to_fail(clocked_server: Server, maxlen: str):
    sd.suspended(clocked_server, lease_history_maxlen=maxlen)


@pytest.mark.parametrize("maxlen", ["-1", "0.5", "1e300"])
def test_an_odd_number_of_signals_to_keep_is_no_reason_to_fail(clocked_server: Server, maxlen: str):
    [token] = sd.suspended(clocked_server).values()
    assert sd.send(clocked_server, token, signal_maxlen=maxlen)[:2] == [1, "OK"]


def deliver_words(server: Server, keys: int) -> list[Any]:
    """A good deliver call with only so many keys."""
    [token] = sd.suspended(server).values()
    function = FUNCTIONS["ff_deliver_signal"]
    values = {"signal_id": sd.signal(0), "execution_id": driver.EXECUTION, "waitpoint_id": sd.FIRST}
    numbers = {"resume_delay_ms": "0", "signal_maxlen": "10", "max_signals_per_execution": "10"}
    words = function.call(driver.IDS, values | numbers | {"waitpoint_token": token}).words
    return [words[1], keys, *words[3 : 3 + keys], *words[3 + len(function.keys) :]]


def test_a_delivery_without_the_key_of_the_feed_is_refused(clocked_server: Server):
    words = deliver_words(clocked_server, 14)
    before = snapshot(clocked_server)
    assert fcall(clocked_server, *words) == [0, "invalid_input", "needs 15 keys, got: 14"]
    assert snapshot(clocked_server) == before


def test_a_delivery_without_the_key_of_the_keystore_says_so(clocked_server: Server):
    words = deliver_words(clocked_server, 13)
    assert fcall(clocked_server, *words) == [0, "invalid_keys_missing_hmac"]


def test_an_outcome_that_was_kept_without_extras_is_answered_in_full(clocked_server: Server):
    sd.working(clocked_server)
    clocked_server.hset(key("suspend_dedup"), "outcome", "OK\ts\tw\tkey\tk1:token")
    more: dict[str, Any] = {"idempotency_key": "once", "choose": {"suspend_dedup": "suspend_dedup"}}
    assert sd.suspend(clocked_server, **more) == [1, "OK", "s", "w", "key", "k1:token", "0"]
    clocked_server.hset(key("suspend_dedup"), "outcome", "torn\t")
    assert sd.suspend(clocked_server, **more)[:3] == [1, "OK", sd.SUSPENSION]


def test_a_kept_outcome_is_forgotten_after_its_time(clocked_server: Server):
    sd.working(clocked_server)
    more: dict[str, Any] = {
        "idempotency_key": "once",
        "choose": {"suspend_dedup": "suspend_dedup"},
        "dedup_ttl_ms": "1000",
    }
    first = sd.suspend(clocked_server, **more)
    assert sd.suspend(clocked_server, suspension_id="another", **more) == first
    clocked.advance(clocked_server, 1001)
    assert sd.suspend(clocked_server, **more)[:2] == [0, "execution_not_active"]


def test_a_signal_with_a_key_is_forgotten_after_its_time(clocked_server: Server):
    [token] = sd.suspended(clocked_server, sd.plain("never")).values()
    more: dict[str, Any] = {"idempotency_key": "once", "dedup_ttl_ms": "1000"}
    assert sd.send(clocked_server, token, **more)[:2] == [1, "OK"]
    assert sd.send(clocked_server, token, number=1, **more) == [1, "DUPLICATE", sd.signal(0)]
    clocked.advance(clocked_server, 1001)
    assert sd.send(clocked_server, token, number=1, **more)[:2] == [1, "OK"]


def waiting(server: Server) -> str:
    return sd.suspended(server)[sd.FIRST]


def waiting_on_a_tree(server: Server) -> str:
    tree = sd.all_of(sd.single("A", sd.NAME), sd.count(2, "Sources", "A", "B"))
    return sd.suspended(server, sd.composite(tree), extras=[(sd.waitpoint(2), "B")])[sd.FIRST]


def early(server: Server) -> str:
    sd.working(server)
    point: dict[str, Any] = {"waitpoint_id": sd.FIRST, "waitpoint_key": "A", "expires_at": "99999999999999"}
    return call(server, "ff_create_pending_waitpoint", **point)[4]


def overdue(server: Server) -> str:
    return sd.suspended(server, timeout_at="5", timeout_behavior="escalate")[sd.FIRST]


def resumed(server: Server) -> str:
    token = waiting(server)
    sd.send(server, token)
    call(server, "ff_issue_claim_grant")
    return token


STATES: Final = (waiting, waiting_on_a_tree, early, overdue, resumed)
TEXTS: Final = (
    "",
    " ",
    "soon",
    "0",
    "-1",
    "0.5",
    "1e300",
    "-1e300",
    "nan",
    "0x10",
    "1\0",
    "{",
    "x" * 9999,
    "\t",
    ":",
    "k1:" + "0" * 40,
    "9007199254740993",
    *REFUSED_CONDITIONS,
)


def good_words(name: str, token: str) -> list[Any]:
    """A well-formed call: name of the function, number of keys, keys, arguments."""
    function = FUNCTIONS[name]
    good = {
        "waitpoint_id": sd.FIRST,
        "waitpoint_key": "A",
        "waitpoint_token": token,
        "signal_id": sd.signal(0),
        "signal_name": sd.NAME,
        "suspension_id": sd.SUSPENSION,
        "resume_condition_json": sd.plain(sd.NAME),
        "idempotency_key": "once",
        "use_pending_waitpoint": "1",
        "expires_at": "99999999999999",
        "resume_delay_ms": "0",
        "signal_maxlen": "1000",
        "max_signals_per_execution": "10000",
        "dedup_ttl_ms": "60000",
        "lease_history_maxlen": "1000",
        "extra_count": "0",
        "new_kid": "k2",
        "new_secret_hex": sd.SECRET,
        "grace_ms": "1000",
        **driver.ARGS,
    }
    choose = {place.name: place.patterns[-1] for place in function.keys}
    args = {arg.name: good.get(arg.name, "") for arg in function.args}
    return list(function.call(driver.IDS, args, choose=choose).words[1:])


def may_be_written(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """The marks of a lapsed lease and of a bad token are all that a refusal writes."""
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return changed <= {key("exec_core"), key("lease_history"), key("claim_grant")}


@pytest.mark.parametrize("name", FUNCTION_NAMES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_text_in_any_place_gets_a_normal_reply_whatever_the_execution_waits_for(
    clocked_server: Server, name: str, data: st.DataObject
):
    clocked_server.flushall()
    prepare: Callable[[Server], str] = data.draw(st.sampled_from(STATES))
    words = good_words(name, prepare(clocked_server))
    first = 2 + words[1]
    if first < len(words):
        place = data.draw(st.integers(first, len(words) - 1))
        words[place] = data.draw(st.one_of(st.sampled_from(TEXTS), st.text(max_size=60)))
    before = snapshot(clocked_server)
    reply = fcall(clocked_server, *words)
    assert reply[0] in (0, 1)
    if reply[0] == 0:
        assert may_be_written(before, snapshot(clocked_server))
        assert reply[1] in FUNCTIONS[name].errors
