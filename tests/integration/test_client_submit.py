"""Submitting: what arrives, what a key promises, and how few round trips many pieces of work take."""

from datetime import timedelta
from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from integration.steps import count, nothing_written, promote, taken
from integration.trips import counted_trips

import ff_core as ff
from ff_core.errors import ExecutionNotEligible, ExecutionNotFound, InvalidInput
from ff_core.ops.submission import submission
from ff_core.ops.submit import Submitted, submit_one
from ff_core.types import ExecutionPolicy, FixedBackoff, RetryPolicy

NOBODY: Final = "{fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854"


def stored_policy(server: Server, run: ff.Run) -> ExecutionPolicy:
    return ExecutionPolicy.from_json(server.get(f"ff:exec:{run.id.tag}:{run.id}:policy").decode())


def deadline(server: Server, run: ff.Run) -> float | None:
    return server.zscore(f"ff:idx:{run.id.tag}:execution_deadline", run.id)


def test_everything_that_is_submitted_can_be_read_again(client: ff.Client):
    run = client.submit("summarize", {"doc": 1}, lane="gpu", priority=7, tags={"team.name": "a", "n": 1}, creator="Ada")
    snapshot = run.describe()
    assert snapshot == client.describe(run) == client.describe(run.id) == client.describe(str(run.id))
    assert (snapshot.execution_id, snapshot.namespace) == (run.id, "default")
    assert (snapshot.execution_kind, snapshot.lane_id, snapshot.priority) == ("summarize", "gpu", 7)
    assert (snapshot.creator_identity, snapshot.tags) == ("Ada", {"team.name": "a", "n": "1"})
    assert (snapshot.public_state, run.state, run.created) == ("waiting", "waiting", True)
    assert client.payload(run) == {"doc": 1}
    assert client.lanes() == ["gpu"]


@pytest.mark.parametrize(
    "payload, seen",
    [(None, None), ([1, {"a": None}], [1, {"a": None}]), ("text", "text"), (b"\xff", b"\xff"), (b"7", 7), (0, 0)],
)
def test_payloads_come_back_as_they_were(client: ff.Client, payload: Any, seen: Any):
    run = client.submit("job", payload)
    assert client.payload(run) == seen
    assert taken(client).payload == seen


def test_an_execution_that_is_not_there_is_not_found(client: ff.Client):
    for look in (client.describe, client.payload, client.result, client.history, client.attempts, client.wait):
        with pytest.raises(ExecutionNotFound, match="There is no such execution"):
            look(NOBODY)


def test_the_same_key_gives_the_first_execution(client: ff.Client, server: Server):
    first = client.submit("job", 1, key="once")
    again = client.submit("job", 2, key="once")
    assert (again.id, first.created, again.created) == (first.id, True, False)
    assert client.payload(first) == 1
    assert count(server, "ff:exec:*:core") == 1
    assert client.submit("job", 3, key="other").created
    assert client.submit("job", 4).created


def test_a_key_holds_for_a_day_in_its_namespace(client: ff.Client, url: str, server: Server):
    client.submit("job", key="once")
    [key] = server.scan_iter("ff:idem:*")
    assert 86_300_000 < server.pttl(key) <= 86_400_000
    with ff.connect(url, namespace="other") as elsewhere:
        assert elsewhere.submit("job", key="once").created


@pytest.mark.parametrize("delay", [60, "1m", timedelta(minutes=1)])
def test_delayed_work_waits_for_its_time(client: ff.Client, server: Server, delay: Any):
    before = clocked.now(server)
    run = client.submit("job", delay=delay)
    snapshot = client.describe(run)
    assert snapshot.public_state == "delayed"
    assert before + 60_000 <= (snapshot.delay_until or 0) <= clocked.now(server) + 60_000
    assert client.claim() is None
    promote(server, run.id)
    assert taken(client).id == run.id


def test_no_delay_is_no_delay(client: ff.Client):
    assert client.describe(client.submit("job", delay=0)).public_state == "waiting"


def test_a_deadline_counts_from_now(client: ff.Client, server: Server):
    before = clocked.now(server)
    run = client.submit("job", deadline="1h")
    assert before + 3_600_000 <= (deadline(server, run) or 0) <= clocked.now(server) + 3_600_000
    assert deadline(server, client.submit("job")) is None


def test_retries_and_capabilities_go_into_the_policy(client: ff.Client, server: Server):
    run = client.submit("job", retries=5, capabilities=["cuda", "big"])
    policy = stored_policy(server, run)
    assert policy.retry_policy == RetryPolicy(max_retries=5)
    assert policy.routing_requirements
    assert policy.routing_requirements.required_capabilities == ("big", "cuda")
    assert client.describe(run).required_capabilities == ("big", "cuda")


def test_a_policy_keeps_what_the_other_options_do_not_change(client: ff.Client, server: Server):
    own = RetryPolicy(max_retries=1, backoff=FixedBackoff(delay_ms=5))
    policy = ExecutionPolicy(max_reclaim_count=7, retry_policy=own)
    assert stored_policy(server, client.submit("job", policy=policy)) == policy
    changed = stored_policy(server, client.submit("job", policy=policy, retries=2))
    assert (changed.max_reclaim_count, changed.retry_policy) == (7, RetryPolicy(max_retries=2))


def test_a_thousand_ops_run_side_by_side_in_a_handful_of_round_trips(other: ff.Client, server: Server):
    with counted_trips() as trips:
        done = other.driver.run_many(
            submit_one(other.scope, submission("job", number, delay="1h")) for number in range(1_000)
        )
    assert all(isinstance(outcome, Submitted) for outcome in done)
    assert count(server, "ff:exec:*:core") == 1_000
    assert len(trips) <= 4


async def test_the_same_on_the_event_loop(server: Server, url: str):
    async with ff.AsyncClient.connect(url) as client:
        with counted_trips() as trips:
            done = await client.driver.run_many(
                submit_one(client.scope, submission("job", number)) for number in range(1_000)
            )
    assert all(isinstance(outcome, Submitted) for outcome in done)
    assert len(trips) <= 3


def test_a_thousand_submits_take_a_handful_of_round_trips(client: ff.Client, server: Server):
    with counted_trips() as trips:
        runs = client.submit_many("job", range(1_000), keys=[str(number) for number in range(1_000)])
    assert len(trips) <= 3
    assert len({run.id for run in runs}) == 1_000
    assert all(run.created for run in runs)
    assert client.payload(runs[7]) == 7
    with counted_trips() as trips:
        again = client.submit_many("job", range(1_000), keys=[str(number) for number in range(1_000)])
    assert len(trips) <= 3
    assert [run.id for run in again] == [run.id for run in runs]
    assert not any(run.created for run in again)
    assert count(server, "ff:exec:*:core") == 1_000


def test_many_submits_tell_how_far_they_are(client: ff.Client):
    told: list[tuple[int, int]] = []
    client.submit_many("job", range(2_500), on_progress=lambda done, total: told.append((done, total)))
    assert told == [(1_000, 2_500), (2_000, 2_500), (2_500, 2_500)]


def test_many_submits_share_their_options(client: ff.Client):
    runs = client.submit_many("job", iter("ab"), lane="gpu", tags={"n": 1}, delay="1h")
    assert [client.payload(run) for run in runs] == ["a", "b"]
    for run in runs:
        snapshot = client.describe(run)
        assert (snapshot.lane_id, snapshot.tags, snapshot.public_state) == ("gpu", {"n": "1"}, "delayed")
    assert client.lanes() == ["gpu"]
    assert client.submit_many("job", []) == []


def test_many_submits_stop_half_way_and_are_repeated_without_harm(client: ff.Client, server: Server):
    """One key names something that is no text: the server refuses that one only."""
    server.hset(f"ff:idem:{client.submit('job').id.tag}:default:2", "a", "b")
    keys = ["1", "2", "3"]
    with pytest.raises(ff.FlowFabricError, match="WRONGTYPE"):
        client.submit_many("job", range(3), keys=keys)
    server.delete(*server.scan_iter("ff:idem:*:2"))
    runs = client.submit_many("job", range(3), keys=keys)
    assert [run.created for run in runs] == [False, True, False]


def test_tags_and_priority_of_waiting_work_can_be_changed(client: ff.Client):
    run = client.submit("job", priority=3)
    assert client.tag(run, {"team.name": "a", "team.lead": "Ada"}) == 2
    assert client.change_priority(run, 9) == (3, 9)
    assert client.change_priority(run, 10_000_000) == (9, 9_000)
    assert client.change_priority(run, -1) == (9_000, 0)
    snapshot = client.describe(run)
    assert (snapshot.tags, snapshot.priority) == ({"team.name": "a", "team.lead": "Ada"}, 0)


def test_a_new_priority_moves_work_in_its_queue(client: ff.Client):
    first, second = client.submit("job"), client.submit("job")
    client.change_priority(second, 1)
    assert [taken(client).id, taken(client).id] == [second.id, first.id]


@pytest.mark.parametrize("call", ["submit", "submit_many"])
@pytest.mark.parametrize(
    "options, message",
    [
        ({"lane": "ü"}, "lane id 'ü' has byte"),
        ({"lane": "x" * 65}, "lane id has 65 bytes; use 1 to 64"),
        ({"delay": -1}, "duration -1 is out of range"),
        ({"delay": "5"}, "duration '5' is unclear"),
        ({"deadline": "soon"}, "duration 'soon' is unclear"),
        ({"tags": {"": 1}}, "a tag has an empty name; give every tag a name"),
        ({"capabilities": "cuda"}, "capabilities are a list of words"),
        ({"capabilities": [""]}, "a capability is empty; leave it out"),
        ({"retries": -1}, "retries is -1; give a whole number from 0 on, or a RetryPolicy"),
        ({"retries": 2.5}, "retries is 2.5; give a whole number from 0 on"),
        ({"retries": "3"}, "retries is '3'; give a whole number from 0 on"),
        ({"priority": "high"}, "the priority is 'high'; give a whole number from 0 to 9000"),
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused_in_one_line(
    client: ff.Client, server: Server, call: str, options: dict[str, Any], message: str
):
    with nothing_written(server), pytest.raises(InvalidInput, match=message) as caught:
        getattr(client, call)("job", [1], **options)
    assert "\n" not in str(caught.value)


def test_names_and_payloads_that_make_no_sense_are_refused_in_one_line(client: ff.Client, server: Server):
    endless: list[Any] = []
    endless.append(endless)
    with nothing_written(server):
        for arguments, message in [
            (("",), "the kind is empty; give 1 to 256 bytes of text"),
            (("x" * 257,), "the kind is too long"),
            (("job", object()), "a object cannot be sent as JSON"),
            (("job", {"a": {1, object()}}), "a dict cannot be sent as JSON"),
            (("job", endless), "a list cannot be sent as JSON"),
            (("job", "\ud800"), "a str cannot be sent as JSON"),
        ]:
            with pytest.raises(InvalidInput, match=message) as caught:
                client.submit(*arguments)
            assert "\n" not in str(caught.value)


def test_one_bad_payload_of_many_is_refused_before_any_is_sent(client: ff.Client, server: Server):
    with nothing_written(server), pytest.raises(InvalidInput, match="a object cannot be sent as JSON"):
        client.submit_many("job", [1, object(), 3])
    with nothing_written(server), pytest.raises(InvalidInput, match="2 payloads but 1 keys; give one key a payload"):
        client.submit_many("job", [1, 2], keys=["a"])


def test_bad_tags_and_priorities_are_refused_and_change_nothing(client: ff.Client, server: Server):
    run = client.submit("job")
    task = client.claim_id(client.submit("job"))
    with nothing_written(server):
        with pytest.raises(InvalidInput, match=r"invalid tag key: 'Team'.* such as team\.name"):
            client.tag(run, {"good.name": "a", "Team": "b"})
        with pytest.raises(InvalidInput, match="no tags given"):
            client.tag(run, {})
        with pytest.raises(ExecutionNotFound):
            client.tag(NOBODY, {"team.name": "a"})
        with pytest.raises(ExecutionNotFound):
            client.change_priority(NOBODY, 1)
        with pytest.raises(ExecutionNotEligible):
            client.change_priority(task, 1)
