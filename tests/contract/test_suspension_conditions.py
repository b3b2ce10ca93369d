"""Resume conditions against a model of them: any tree, any order of signals (contract 04 §4)."""

import json
from typing import Any, Final

import pytest
from conformance.clocked import Server
from contract import suspension_driver as sd
from contract.condition_model import PlainModel, Sent, TreeModel
from contract.driver import fields, key
from contract.suspension_driver import all_of, count, single
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

KEYS: Final = ("A", "B", "C")
POINTS: Final[dict[str, str]] = dict(zip(KEYS, (sd.FIRST, sd.waitpoint(2), sd.waitpoint(3)), strict=True))
EXTRAS: Final = [(POINTS["B"], "B"), (POINTS["C"], "C")]
NEVER: Final = {"kind": "NeverBySignal"}

names = st.sampled_from([None, "x", "y"])
some_keys = st.lists(st.sampled_from((*KEYS, "D")), min_size=1, max_size=3, unique=True)
kinds = st.sampled_from(["Waitpoints", "Signals", "Sources"])
leaves = st.builds(single, st.sampled_from((*KEYS, "D")), names)
counts = st.builds(
    lambda n, kind, keys, name: count(n, kind, *keys, name=name), st.integers(1, 3), kinds, some_keys, names
)
trees = st.recursive(
    st.one_of(leaves, counts, st.just(NEVER)),
    lambda nodes: st.lists(nodes, max_size=3).map(lambda members: all_of(*members)),
    max_leaves=8,
)
signals = st.lists(
    st.tuples(
        st.sampled_from(KEYS),
        st.integers(0, 6),
        st.sampled_from(["x", "y", "z", "", "__operator_only__"]),
        st.sampled_from(["ann", "bob"]),
    ),
    max_size=12,
)
any_server = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def everything(server: Server, tree: dict[str, Any]) -> dict[str, str]:
    """Suspended on three waitpoints; answers waitpoint id -> token."""
    server.flushall()
    return sd.suspended(server, sd.composite(tree), extras=EXTRAS)


def deliver(server: Server, tokens: dict[str, str], sent: Sent) -> str:
    """The effect of a signal."""
    number = int(sent.id[-2:])
    reply = sd.send(server, tokens[sent.point], sent.name, to=sent.point, number=number, source_identity=sent.source)
    assert reply[:3] == [1, "OK", sent.id]
    return reply[3]


@any_server
@given(tree=trees, sends=signals)
def test_a_tree_is_met_when_the_model_says_so(clocked_server: Server, tree: dict[str, Any], sends: list[Any]):
    tokens = everything(clocked_server, tree)
    model = TreeModel(tree)
    matched = dict.fromkeys(tokens, 0)
    for key_, number, name, source in sends:
        sent = Sent(POINTS[key_], key_, sd.signal(number), name, source)
        effect = model.take(sent)
        assert deliver(clocked_server, tokens, sent) == effect
        matched[sent.point] += not effect.startswith("signal_ignored")
        assert fields(clocked_server, "waitpoint", "matched_signal_count", W=sent.point) == [str(matched[sent.point])]
        if effect == "resume_condition_satisfied":
            resumed(clocked_server, model, sent)
            return
        assert sd.public_state(clocked_server) == "suspended"
        stored = {token.decode() for token in clocked_server.smembers(key("satisfied_set"))}
        marks = {token.removeprefix("node:") for token in stored if token.startswith("node:")}
        assert marks == (model.met_inside() if stored else set())
        counted = {token.decode() for token in clocked_server.smembers(key("satisfied_signals"))}
        assert counted == model.counted


def resumed(server: Server, model: TreeModel, closer: Sent) -> None:
    """All that the deciding signal leaves."""
    assert sd.public_state(server) == "waiting"
    record = fields(server, "suspension_current", "closer_signal_id", "all_satisfier_signals", "close_reason")
    assert record[0] == closer.id
    assert set(json.loads(record[1])) == model.counted
    assert record[2] == "resumed"
    for point in POINTS.values():
        assert sd.state_of(server, point) == "closed"
        assert fields(server, "waitpoint_condition", "closed", W=point) == ["1"]
    assert not server.exists(key("satisfied_set"), key("satisfied_signals"), key("member_map"))


@any_server
@given(
    wanted=st.lists(st.sampled_from(["x", "y", ""]), max_size=3),
    rule=st.tuples(st.sampled_from(["any", "all", "count"]), st.integers(0, 3)),
    early=st.lists(st.sampled_from(["x", "y", "z", "__timeout_only__"]), max_size=3),
    late=st.lists(st.sampled_from(["x", "y", "z", "", "__operator_only__"]), max_size=6),
)
def test_a_list_of_names_is_met_when_the_model_says_so(
    clocked_server: Server, wanted: list[str], rule: tuple[str, int], early: list[str], late: list[str]
):
    clocked_server.flushall()
    sd.working(clocked_server)
    token = sd.pending(clocked_server)
    point = sd.waitpoint(1)
    mode, minimum = rule
    model = PlainModel(wanted or [""], mode, minimum)
    for number, name in enumerate(early):
        sd.buffer(clocked_server, token, name, to=point, number=number)
        model.take(name, sd.signal(number))
    condition = sd.plain(*wanted, mode=mode, minimum=minimum)
    reply = sd.suspend_on_pending(clocked_server, condition=condition)
    assert reply[1] == ("ALREADY_SATISFIED" if model.met else "OK")
    after = "active" if model.met else "waiting"
    for number, name in enumerate(late, len(early)):
        if model.met:
            break
        effect = sd.send(clocked_server, token, name, to=point, number=number)[3]
        assert effect == model.take(name, sd.signal(number))
    assert sd.public_state(clocked_server) == (after if model.met else "suspended")
    places = range(len(model.names))
    stored = fields(clocked_server, "waitpoint_condition", *[f"matcher:{place}:signal_id" for place in places], W=point)
    assert stored == [model.taken.get(place, "") for place in places]


@pytest.mark.parametrize("tree", [all_of(all_of(all_of(single("A")))), all_of(all_of(count(1, "Signals", "A")))])
def test_a_join_inside_a_join_is_met_at_once(clocked_server: Server, tree: dict[str, Any]):
    tokens = everything(clocked_server, tree)
    assert sd.send(clocked_server, tokens[sd.FIRST])[3] == "resume_condition_satisfied"


def test_a_join_that_holds_a_join_and_a_count_waits_for_both(clocked_server: Server):
    tree = all_of(all_of(all_of(single("A", "x")), count(2, "Sources", "B")), single("C"))
    tokens = everything(clocked_server, tree)
    for number, (key_, name, source) in enumerate([("C", "x", "ann"), ("B", "x", "ann"), ("A", "x", "ann")]):
        sent = Sent(POINTS[key_], key_, sd.signal(number), name, source)
        assert deliver(clocked_server, tokens, sent) == "appended_to_waitpoint"
    last = Sent(POINTS["B"], "B", sd.signal(9), "x", "bob")
    assert deliver(clocked_server, tokens, last) == "resume_condition_satisfied"


@pytest.mark.parametrize("kind", ["Waitpoints", "Signals", "Sources"])
def test_two_counts_of_one_kind_do_not_share_their_satisfiers(clocked_server: Server, kind: str):
    """One signal a count: neither may profit from what the other one got."""
    tree = all_of(count(2, kind, "A", "B", name="x"), count(2, kind, "A", "B", name="y"))
    tokens = everything(clocked_server, tree)
    for number, (key_, name, source) in enumerate([("A", "x", "ann"), ("B", "y", "bob")]):
        sent = Sent(POINTS[key_], key_, sd.signal(number), name, source)
        assert deliver(clocked_server, tokens, sent) == "appended_to_waitpoint"
    assert sd.public_state(clocked_server) == "suspended"
    for number, (key_, name, source) in enumerate([("B", "x", "bob"), ("A", "y", "ann")], 2):
        sent = Sent(POINTS[key_], key_, sd.signal(number), name, source)
        effect = deliver(clocked_server, tokens, sent)
    assert effect == "resume_condition_satisfied"


def test_satisfiers_are_listed_up_to_128(clocked_server: Server):
    [token] = sd.suspended(clocked_server, sd.composite(count(140, "Signals", "A"))).values()
    for number in range(140):
        id_ = f"51600000-0000-4000-8000-000000001{number:03d}"
        effect = sd.send(clocked_server, token, signal_id=id_)[3]
    assert effect == "resume_condition_satisfied"
    [listed] = fields(clocked_server, "suspension_current", "all_satisfier_signals")
    assert len(set(json.loads(listed))) == 128
