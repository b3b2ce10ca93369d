"""Output of an attempt: what is kept, for how long, in what order, and what is refused."""

from typing import Any

import pytest
from conformance import clocked
from conformance.clocked import Server
from integration.steps import nothing_written, suspended, work

import ff_core as ff
from ff_core.errors import ExecutionNotFound, InvalidInput, StaleOwnerCannotAppend, StreamClosed
from ff_core.types import StreamFrames

LIMIT = 65_536


def payloads(page: StreamFrames) -> list[str]:
    return [frame.fields["payload"] for frame in page.frames]


def stream_key(task: ff.Task) -> str:
    return f"ff:stream:{task.id.tag}:{task.id}:{task.attempt_index}"


@pytest.mark.parametrize(
    "kind, data, stored",
    [
        ("stdout", "zażółć\n", "zażółć\n"),
        ("stderr", b"bytes", "bytes"),
        ("event", {"done": [1, None]}, '{"done":[1,null]}'),
        ("event", "text", '"text"'),
        ("blob", b"\x00\x01", "\x00\x01"),
        ("stdout", "", ""),
    ],
)
def test_a_frame_is_kept_as_it_was_given(client: ff.Client, kind: str, data: Any, stored: str):
    task = work(client)
    outcome = task.frame(data, kind)
    (frame,) = list(client.frames(task).frames)
    assert (frame.id, outcome.frame_count, outcome.summary_version) == (outcome.stream_id, 1, None)
    assert (frame.fields["frame_type"], frame.fields["payload"], frame.fields["mode"]) == (kind, stored, "durable")


def test_pages_follow_each_other_without_gap_or_repeat(client: ff.Client):
    task = work(client)
    for number in range(7):
        task.frame(str(number))
    seen: list[str] = []
    after: str | None = None
    while page := list(client.frames(task, after=after, limit=3).frames):
        assert len(page) <= 3
        seen += [frame.fields["payload"] for frame in page]
        after = page[-1].id
    assert seen == [str(number) for number in range(7)]


def test_the_ends_of_a_stream_are_places_too(client: ff.Client):
    task = work(client)
    task.frame("one")
    task.frame("two")
    assert payloads(client.frames(task, after="start")) == ["one", "two"]
    assert payloads(client.frames(task, after="0-0", limit=1)) == ["one"]
    assert payloads(client.frames(task, after="end")) == []


def test_every_attempt_has_its_own_output(client: ff.Client):
    task = work(client)
    task.frame("first try")
    task.summarize({"try": 1})
    task.fail("boom", "permanent")
    client.replay(task)
    again = client.claim_id(task)
    assert (payloads(client.frames(task)), client.summary(task)) == ([], None)
    again.frame("second try")
    assert payloads(client.frames(task)) == ["second try"]
    first = client.frames(task, 0)
    assert (payloads(first), first.closed_reason) == (["first try", '{"try":1}'], "attempt_failure")
    assert client.summary(task, 0) == {"try": 1}


@pytest.mark.parametrize(
    "end, reason",
    [("complete", "attempt_success"), ("fail", "attempt_failure"), ("cancel", "attempt_cancelled")],
)
def test_the_end_of_the_attempt_closes_its_output(client: ff.Client, server: Server, end: str, reason: str):
    task = work(client)
    task.frame("before")
    assert not client.frames(task).is_closed
    {"complete": task.complete, "fail": lambda: task.fail("boom", "permanent"), "cancel": task.cancel}[end]()
    page = client.frames(task)
    assert (payloads(page), page.is_closed, page.closed_reason) == (["before"], True, reason)
    with nothing_written(server), pytest.raises(StreamClosed, match="is closed"):
        task.frame("after")


def test_a_suspension_does_not_close_the_output(client: ff.Client):
    task = work(client)
    task.frame("before")
    suspended(client, task)
    assert not client.frames(task).is_closed
    with pytest.raises(StreamClosed):
        task.frame("meanwhile")
    client.approve(task)
    client.claim_id(task).frame("after")
    assert payloads(client.frames(task)) == ["before", "after"]


def test_only_the_holder_of_the_lease_writes(client: ff.Client, server: Server):
    task = work(client)
    client.revoke(task)
    with nothing_written(server), pytest.raises(StaleOwnerCannotAppend, match="the lease is lost"):
        task.frame("revoked")
    again = client.reclaim(task)
    with nothing_written(server), pytest.raises(StaleOwnerCannotAppend):
        task.summarize({"late": True})
    again.frame("mine")
    assert payloads(client.frames(task)) == ["mine"]


def test_a_lease_that_has_run_out_cannot_write(client: ff.Client, clock: Server):
    task = work(client)
    clocked.advance(clock, task.lease_ttl_ms)
    with nothing_written(clock), pytest.raises(StaleOwnerCannotAppend):
        task.frame("late")


def test_output_for_those_who_look_now_is_dropped_after_a_while(client: ff.Client, clock: Server):
    task = work(client)
    assert task.frame("soon gone", keep="5s").frame_count == 1
    assert 5_000 < clock.pttl(stream_key(task)) <= 10_000
    assert [frame.fields["mode"] for frame in client.frames(task).frames] == ["best_effort"]
    clocked.advance(clock, 10_000)
    assert payloads(client.frames(task)) == []
    assert task.frame("again", keep="5s").frame_count == 2


def test_one_frame_that_is_kept_keeps_the_whole_output(client: ff.Client, server: Server):
    task = work(client)
    task.frame("live", keep="5s")
    task.frame("kept")
    task.frame("live", keep="5s")
    assert server.pttl(stream_key(task)) == -1
    assert payloads(client.frames(task)) == ["live", "kept", "live"]


def test_the_summary_is_what_the_patches_come_to(client: ff.Client):
    task = work(client)
    assert client.summary(task) is None
    versions = [
        task.summarize(patch).summary_version
        for patch in ({"a": {"b": 1, "c": 2}, "l": [1, 2]}, {"a": {"b": None}}, {"l": [3], "gone": None}, {})
    ]
    assert versions == [1, 2, 3, 4]
    assert client.summary(task) == {"a": {"c": 2}, "l": [3]}
    task.complete()
    assert client.summary(task, 0) == {"a": {"c": 2}, "l": [3]}
    assert [frame.fields["summary_version"] for frame in client.frames(task).frames] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("patch", [[], [1], "text", 5, True, None, b"{", b"[1]"])
def test_a_patch_that_is_no_json_object_is_refused(client: ff.Client, server: Server, patch: Any):
    task = work(client)
    with nothing_written(server), pytest.raises(InvalidInput, match="JSON") as refusal:
        task.summarize(patch)
    assert "\n" not in str(refusal.value)


def test_a_frame_has_at_most_64_kib(client: ff.Client, server: Server):
    task = work(client)
    task.frame("x" * LIMIT)
    task.frame(b"x" * LIMIT, "blob", keep="1m")
    with nothing_written(server):
        for call in (
            lambda: task.frame("x" * (LIMIT + 1)),
            lambda: task.frame("ż" * (LIMIT // 2 + 1)),  # two bytes each
            lambda: task.frame({"x": "x" * LIMIT}, "event"),
            lambda: task.summarize({"x": "x" * LIMIT}),
        ):
            with pytest.raises(InvalidInput, match="at most 65536 fit") as refusal:
                call()
            assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("cursor", ["", "-", "+", "$", "(1-1", "yesterday", "1-2-3", "-1", "99999999999999999999"])
def test_a_cursor_that_is_none_is_refused(client: ff.Client, server: Server, cursor: str):
    task = work(client)
    task.frame("one")
    with nothing_written(server), pytest.raises(InvalidInput, match="stream cursor") as refusal:
        client.frames(task, after=cursor)
    assert "\n" not in str(refusal.value)


def test_what_cannot_be_meant_is_refused(client: ff.Client, server: Server):
    task = work(client)
    with nothing_written(server):
        for limit in (0, -1, 10_001):
            with pytest.raises(InvalidInput, match="give 1 to 10000"):
                client.frames(task, limit=limit)
        with pytest.raises(InvalidInput, match="did you mean stderr"):
            task.frame("x", "stder")
        with pytest.raises(InvalidInput):
            task.frame("x", keep="-1s")
        for call in (client.frames, client.summary):
            with pytest.raises(ExecutionNotFound):
                call("{fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854")
