"""Runs ops on the event loop. Tasks of one loop may share a driver."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any, TypeVar

from valkey.asyncio.connection import Connection, ConnectionPool, SSLConnection, UnixDomainSocketConnection
from valkey.exceptions import ResponseError

from ff_core.backend.address import Address
from ff_core.backend.drive import Drive, Trip, drive
from ff_core.backend.faults import CONNECT_FAULTS, FAULTS, after_sending, before_sending
from ff_core.errors import FlowFabricError
from ff_core.ops.gather import gather
from ff_core.ops.op import Op, Pause

T = TypeVar("T")


class AsyncDriver:
    """A pool of connections to one server."""

    def __init__(self, address: Address) -> None:
        self.address = address
        kind = UnixDomainSocketConnection if "path" in address.options else Connection
        self._pool: Any = ConnectionPool(SSLConnection if address.tls else kind, **address.options)

    async def run(self, op: Op[T]) -> T:
        """Run one op to its end."""
        return await self._perform(drive(op))

    async def run_many(self, ops: Iterable[Op[T]]) -> list[T | FlowFabricError]:
        """Run ops side by side, in as few round trips as the longest of them needs. Errors stand in their places."""
        return await self.run(gather(ops))

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.disconnect()

    async def _perform(self, steps: Drive[T]) -> T:
        answer: Any = None
        while True:
            try:
                step = steps.throw(answer) if isinstance(answer, FlowFabricError) else steps.send(answer)
            except StopIteration as stop:
                return stop.value
            answer = await (self._pause(step) if isinstance(step, Pause) else self._trip(step))

    @staticmethod
    async def _pause(step: Pause) -> float:
        if step.seconds:
            await asyncio.sleep(step.seconds)
        return time.monotonic()

    async def _trip(self, trip: Trip) -> list[Any] | FlowFabricError:
        try:
            connection = await self._pool.get_connection("")
        except CONNECT_FAULTS as error:
            return before_sending(error, self.address)
        try:
            await connection.send_packed_command(connection.pack_commands(trip.commands), check_health=False)
            return [await _reply(connection) for _ in trip.commands]
        except FAULTS as error:
            return after_sending(error, self.address)
        except BaseException:  # an interrupt: replies still to come would be taken for those of the next trip
            await connection.disconnect(nowait=True)
            raise
        finally:
            await self._pool.release(connection)


async def _reply(connection: Any) -> Any:
    try:
        return await connection.read_response()
    except ResponseError as error:
        return error
