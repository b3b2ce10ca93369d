"""A call that is interrupted or cancelled leaves nothing behind that the next call would read."""

import asyncio
from typing import Any

import pytest
from conformance.clocked import Server
from waiting import wait_until

import ff_core as ff
from ff_core.backend import aio, sync


def connections(server: Server) -> int:
    return len(server.client_list())


def interrupted(_: Any) -> Any:
    raise KeyboardInterrupt


def test_an_interrupt_between_request_and_reply_closes_the_connection(
    server: Server, other: ff.Client, monkeypatch: pytest.MonkeyPatch
):
    """The reply is still on its way: whoever used the connection next would take it for its own."""
    run = other.submit("job")
    before = connections(server)
    with monkeypatch.context() as patch:
        patch.setattr(sync, "_reply", interrupted)
        with pytest.raises(KeyboardInterrupt):
            other.describe(run)
    wait_until(lambda: connections(server) == before - 1, "the connection is closed")
    assert other.describe(run).execution_id == run.id


async def test_the_same_on_the_event_loop(server: Server, url: str, monkeypatch: pytest.MonkeyPatch):
    async with ff.AsyncClient.connect(url) as client:
        run = await client.submit("job")
        before = connections(server)
        with monkeypatch.context() as patch:
            patch.setattr(aio, "_reply", interrupted)
            with pytest.raises(KeyboardInterrupt):
                await client.describe(run)
        await asyncio.to_thread(wait_until, lambda: connections(server) == before - 1, "the connection is closed")
        assert (await client.describe(run)).execution_id == run.id


async def test_a_cancelled_call_at_whatever_moment_disturbs_no_later_one(server: Server, url: str):
    async with ff.AsyncClient.connect(url) as client:
        runs = await client.submit_many("job", range(2))
        for turns in range(40):
            doomed = asyncio.create_task(client.describe(runs[0]))
            for _ in range(turns):
                await asyncio.sleep(0)
            doomed.cancel()
            await asyncio.gather(doomed, return_exceptions=True)
            assert (await client.describe(runs[1])).execution_id == runs[1].id


async def test_tasks_of_one_loop_may_share_a_client(server: Server, url: str):
    async def one_life(client: ff.AsyncClient, number: int) -> Any:
        run = await client.submit("job", number)
        task = await client.claim_id(run)
        await task.complete(number * 2)
        return await client.result(run)

    async with ff.AsyncClient.connect(url) as client:
        results = await asyncio.gather(*(one_life(client, number) for number in range(50)))
    assert results == [number * 2 for number in range(50)]


async def test_a_waiting_claim_lets_the_loop_go_on(server: Server, url: str):
    async with ff.AsyncClient.connect(url) as client:
        claiming = asyncio.create_task(client.claim(max_wait="20s"))
        await asyncio.sleep(0)
        run = await client.submit("job")
        task = await claiming
        assert task
        assert task.id == run.id


async def test_a_claim_that_is_no_longer_waited_for_takes_nothing(server: Server, url: str):
    async with ff.AsyncClient.connect(url) as client:
        claiming = asyncio.create_task(client.claim(max_wait="20s"))
        await asyncio.sleep(0)
        claiming.cancel()
        await asyncio.gather(claiming, return_exceptions=True)
        run = await client.submit("job")
        assert (await client.describe(run)).public_state == "waiting"


def test_a_connection_that_was_closed_is_closed(server: Server, url: str):
    before = connections(server)
    with ff.connect(url) as client:
        client.submit("job")
        assert connections(server) == before + 1
    wait_until(lambda: connections(server) == before, "the client has left")


async def test_an_async_client_leaves_no_connection_behind(server: Server, url: str):
    before = connections(server)
    async with ff.AsyncClient.connect(url) as client:
        await asyncio.gather(*(client.submit("job") for _ in range(5)))
    wait_until(lambda: connections(server) == before, "the client has left")


def test_a_connect_that_fails_leaves_no_connection_behind(server: Server, url: str):
    before = connections(server)
    with pytest.raises(ff.FlowFabricError):
        ff.connect(url, namespace="")
    wait_until(lambda: connections(server) == before, "the client has left")
