"""The client for asyncio: every call is awaited. Tasks of one event loop may share it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

from ff_core.backend import AsyncDriver
from ff_core.client import calls, completion_calls, flow_calls, usage_calls
from ff_core.client.arguments import HasId, Instant, execution_id, seconds, wanted
from ff_core.client.bulk import Progress, all_good, submissions
from ff_core.client.claimed_work import ClaimedWork
from ff_core.client.completions import AsyncCompletions
from ff_core.client.connecting import located, opened
from ff_core.client.methods import shown_as
from ff_core.client.options import ClaimOptions, SubmitOptions
from ff_core.errors import FlowAlreadyTerminal, FlowFabricError
from ff_core.ops import claim, reclaim, submit
from ff_core.ops.op import Op
from ff_core.ops.scope import Scope
from ff_core.ops.submission import submission
from ff_core.ops.taking import Claimed
from ff_core.types import Duration, EdgeDependencyPolicy, ExecutionId, FlowId, PublicState, StreamFrame

P = ParamSpec("P")
T = TypeVar("T")


def _method(
    call: Callable[Concatenate[Scope, P], Op[T]],
) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    """The method of `AsyncClient` that makes this call."""

    @shown_as(call, passed=1)
    async def method(self: AsyncClient, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.driver.run(call(self.scope, *args, **kwargs))

    return method


def _of_run(
    call: Callable[Concatenate[Scope, calls.Target, P], Op[T]],
) -> Callable[Concatenate[AsyncRun, P], Coroutine[Any, Any, T]]:
    """The method of `AsyncRun` that makes this call for its execution."""

    @shown_as(call, passed=2)
    async def method(self: AsyncRun, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.client.driver.run(call(self.client.scope, self, *args, **kwargs))

    return method


def _of_task(
    call: Callable[Concatenate[Scope, calls.Held, P], Op[T]],
) -> Callable[Concatenate[AsyncTask, P], Coroutine[Any, Any, T]]:
    """The method of `AsyncTask` that makes this call under its lease."""

    @shown_as(call, passed=2)
    async def method(self: AsyncTask, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.client.driver.run(call(self.client.scope, self, *args, **kwargs))

    return method


def _of_flow(
    call: Callable[Concatenate[Scope, str, P], Op[T]],
) -> Callable[Concatenate[AsyncFlow, P], Coroutine[Any, Any, T]]:
    """The method of `AsyncFlow` that makes this call for it."""

    @shown_as(call, passed=2)
    async def method(self: AsyncFlow, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.client.driver.run(call(self.client.scope, self.id, *args, **kwargs))

    return method


class AsyncClient:
    """A connection to FlowFabric, made by `AsyncClient.connect`."""

    def __init__(self, driver: AsyncDriver, scope: Scope) -> None:
        self.driver = driver
        self.scope = scope

    def __repr__(self) -> str:
        return f"AsyncClient({str(self.driver.address)!r}, namespace={str(self.scope.namespace)!r})"

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, url: str | None = None, *, namespace: str = "default", home: Path | str | None = None
    ) -> AsyncGenerator[Self]:
        """Connect as `ff_core.connect` does: ``async with AsyncClient.connect() as client``."""
        address, partitions = await asyncio.to_thread(located, url, home)
        driver = AsyncDriver(address)
        try:
            yield cls(driver, await driver.run(opened(namespace, partitions)))
        finally:
            await driver.close()

    async def close(self) -> None:
        """Close all connections."""
        await self.driver.close()

    async def submit(
        self, kind: str, payload: Any = None, *, key: str | None = None, **options: Unpack[SubmitOptions]
    ) -> AsyncRun:
        """Submit one piece of work. With a `key` a repeat gives the first execution, for 24 hours a lane."""
        work = submission(kind, payload, key=key, **options)
        submitted = await self.driver.run(submit.submit_one(self.scope, work))
        return AsyncRun(self, submitted.execution_id, submitted.created)

    async def submit_many(
        self,
        kind: str,
        payloads: Iterable[Any],
        *,
        keys: Sequence[str] | None = None,
        on_progress: Progress | None = None,
        **options: Unpack[SubmitOptions],
    ) -> list[AsyncRun]:
        """Submit a piece of work for each payload, a thousand a round trip. With `keys` it can be repeated safely."""
        batches = submissions(kind, payloads, keys, dict(options))
        runs: list[AsyncRun] = []
        total = sum(map(len, batches))
        for batch in batches:
            if not runs:
                await self.driver.run(submit.announce_lane(batch[0].lane))
            outcomes = await self.driver.run(submit.submit_batch(self.scope, batch))
            runs += [AsyncRun(self, done.execution_id, done.created) for done in all_good(outcomes)]
            if on_progress:
                on_progress(len(runs), total)
        return runs

    async def claim(
        self, *lanes: str, max_wait: Duration | None = None, **options: Unpack[ClaimOptions]
    ) -> AsyncTask | None:
        """The best execution of these lanes (``default`` where none is named), or None when `max_wait` is over."""
        tasks = await self.claim_many(1, *lanes, max_wait=max_wait, **options)
        return tasks[0] if tasks else None

    async def claim_many(
        self, count: int, *lanes: str, max_wait: Duration | None = None, **options: Unpack[ClaimOptions]
    ) -> list[AsyncTask]:
        """Up to `count` executions, best first; waits up to `max_wait` for the first one."""
        order = wanted(lanes, count, **options)
        return [
            AsyncTask(self, work)
            for work in await self.driver.run(claim.claim(self.scope, order, seconds(max_wait) or 0))
        ]

    async def claim_id(self, target: str | HasId, **options: Unpack[ClaimOptions]) -> AsyncTask:
        """Claim exactly this execution. Raises what it was refused with, such as ExecutionNotEligible."""
        order = wanted((), 1, **options)
        return AsyncTask(self, await self.driver.run(claim.claim_by_id(self.scope, execution_id(target), order)))

    async def reclaim(self, target: str | HasId, **options: Unpack[ClaimOptions]) -> AsyncTask:
        """A new attempt of an execution whose lease has run out or was revoked. Raises ExecutionNotReclaimable."""
        order = wanted((), 1, **options)
        return AsyncTask(self, await self.driver.run(reclaim.reclaim(self.scope, execution_id(target), order)))

    describe = _method(calls.describe)
    list_executions = _method(calls.list_executions)
    find = _method(calls.find)
    payload = _method(calls.payload)
    result = _method(calls.result)
    wait = _method(calls.wait)
    history = _method(calls.history)
    attempts = _method(calls.attempts)
    lanes = _method(calls.lanes)
    cancel = _method(calls.cancel)
    change_priority = _method(calls.change_priority)
    tag = _method(calls.set_tags)
    revoke = _method(calls.revoke)
    lost = _method(calls.lost)
    resume = _method(calls.resume)
    renew = _method(calls.renew)
    progress = _method(calls.progress)
    complete = _method(calls.complete)
    fail = _method(calls.fail)
    delay = _method(calls.delay)
    wait_children = _method(calls.wait_children)
    signals = _method(calls.signals)
    suspend = _method(calls.suspend)
    create_waitpoint = _method(calls.create_waitpoint)
    close_waitpoint = _method(calls.close_waitpoint)
    pending_waitpoints = _method(calls.pending_waitpoints)
    approve = _method(calls.approve)
    reject = _method(calls.reject)
    signal = _method(calls.signal)
    rotate_secret = _method(calls.rotate_secret)
    kids = _method(calls.kids)

    async def flow(self, kind: str = "flow") -> AsyncFlow:
        """A new flow; its `submit` takes members that wait for each other. Used with `with`, a failure cancels it."""
        return AsyncFlow(self, await self.driver.run(flow_calls.create_flow(self.scope, kind)))

    def existing_flow(self, flow_id: str) -> AsyncFlow:
        """The flow with this id; whether there is one shows when it is used."""
        return AsyncFlow(self, FlowId(flow_id))

    async def tail(
        self, target: str | HasId, attempt: int | None = None, *, after: str | None = None
    ) -> AsyncIterator[StreamFrame]:
        """Output of an attempt (the newest by default) as it comes; ends when the attempt has ended."""
        following = usage_calls.following(target, attempt, after)
        while not following.ended:
            for frame in await self.driver.run(following.more()):
                yield frame

    def completions(
        self,
        since: str | Instant | None = None,
        *,
        lane: str | None = None,
        kind: str | None = None,
        namespace: str | None = None,
        tag: tuple[str, str] | None = None,
        follow: bool = True,
    ) -> AsyncCompletions:
        """Every end of an execution of the namespace (the client's by default), exactly once, as it comes.

        `since` is the `cursor` of an earlier iteration, or a time; else it begins with the oldest that is kept. Without
        `follow` it ends when nothing is left. `tag` is a pair of name and value. Its `lost` counts what was dropped
        before it came there.
        """
        reader = completion_calls.reader(self.scope, since, lane=lane, kind=kind, namespace=namespace, tag=tag)
        return AsyncCompletions(self.driver, reader, follow=follow)

    keep_completions = _method(completion_calls.keep)
    replay = _method(flow_calls.replay_execution)
    frames = _method(usage_calls.frames)
    summary = _method(usage_calls.summary)
    create_budget = _method(usage_calls.create_budget)
    describe_budget = _method(usage_calls.describe_budget)
    reset_budget = _method(usage_calls.reset_budget)
    count_usage = _method(usage_calls.count_usage)
    spend = _method(usage_calls.spend)
    release_spend = _method(usage_calls.release_spend)
    create_quota = _method(usage_calls.create_quota)
    describe_quota = _method(usage_calls.describe_quota)
    admit = _method(usage_calls.admit)
    release_admission = _method(usage_calls.release_admission)


@dataclass(frozen=True, slots=True)
class AsyncRun:
    """One execution, as its submitter sees it; `created` is False when its key had named an earlier one."""

    client: AsyncClient = field(repr=False, compare=False)
    id: ExecutionId
    created: bool = True

    @property
    async def state(self) -> PublicState:
        """Its public state, asked from the server now: ``await run.state``."""
        return (await self.describe()).public_state

    describe = _of_run(calls.describe)
    wait = _of_run(calls.wait)
    result = _of_run(calls.result)
    cancel = _of_run(calls.cancel)
    history = _of_run(calls.history)
    attempts = _of_run(calls.attempts)
    frames = _of_run(usage_calls.frames)
    summary = _of_run(usage_calls.summary)
    replay = _of_run(flow_calls.replay_execution)


class AsyncTask(ClaimedWork):
    """One execution under this worker's lease, which has to be renewed before it runs out."""

    __slots__ = ("client",)

    def __init__(self, client: AsyncClient, work: Claimed) -> None:
        super().__init__(work)
        self.client = client

    renew = _of_task(calls.renew)
    progress = _of_task(calls.progress)
    complete = _of_task(calls.complete)
    fail = _of_task(calls.fail)
    delay = _of_task(calls.delay)
    wait_children = _of_task(calls.wait_children)
    cancel = _of_task(calls.cancel_held)
    signals = _of_task(calls.signals)
    suspend = _of_task(calls.suspend)
    create_waitpoint = _of_task(calls.create_waitpoint)
    frame = _of_task(usage_calls.frame)
    summarize = _of_task(usage_calls.summarize)


@dataclass(frozen=True, slots=True)
class AsyncFlow:
    """Executions that wait for each other."""

    client: AsyncClient = field(repr=False, compare=False)
    id: FlowId

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel a flow whose making has failed halfway; whatever else fails, its maker hears of that failure."""
        if error is None:
            return
        try:
            await self.cancel(reason="it could not be completed")
        except FlowAlreadyTerminal:
            pass
        except FlowFabricError as failure:
            error.add_note(f"flow {self.id} could not be cancelled: {failure}")

    async def submit(
        self,
        kind: str,
        payload: Any = None,
        *,
        after: Sequence[calls.Target] = (),
        join: EdgeDependencyPolicy = flow_calls.ALL_OF,
        data_from: calls.Target | None = None,
        key: str | None = None,
        **options: Unpack[SubmitOptions],
    ) -> AsyncRun:
        """Submit a member that waits for those in `after`; `ff_core.client.flow_calls.submit_member` says how."""
        call = flow_calls.submit_member(
            self.client.scope,
            self.id,
            kind,
            payload,
            after=after,
            join=join,
            data_from=data_from,
            key=key,
            **options,
        )
        submitted = await self.client.driver.run(call)
        return AsyncRun(self.client, submitted.execution_id, submitted.created)

    describe = _of_flow(flow_calls.describe_flow)
    members = _of_flow(flow_calls.flow_members)
    edges = _of_flow(flow_calls.flow_edges)
    link = _of_flow(flow_calls.add_dependency)
    tag = _of_flow(flow_calls.tag_flow)
    cancel = _of_flow(flow_calls.cancel_flow)
