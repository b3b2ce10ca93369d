"""The keeper's own connection to its server.

Not the Valkey client's: under Python 3.11 that one loses a cancellation now and then, it gives up on a server
that a long script keeps busy, and it needs more memory than all the rest of the keeper.
"""

import asyncio
from typing import Final, Self

from ff_core.home.folder import Home

# The name of the keeper's connections, by which they are left out when clients are counted.
CONNECTION_NAME: Final = "ff-keeper"


class Connection:
    """Sends one command at a time and reads its reply.

    Raises `ConnectionError` when the server has gone, or refuses everything while a script runs for seconds.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, home: Home) -> Self:
        """A connection to the server of `home`, under the keeper's name."""
        connection = cls(*await asyncio.open_unix_connection(home.socket))
        await connection.ask(f"CLIENT SETNAME {CONNECTION_NAME}")
        return connection

    def close(self) -> None:
        """Close it without waiting."""
        self._writer.close()

    async def other_clients(self) -> int:
        """How many connections there are besides the keeper's."""
        clients = (await self.ask("CLIENT LIST")).splitlines()
        return sum(f" name={CONNECTION_NAME} " not in client for client in clients)

    async def info(self) -> dict[str, str]:
        """What the server says about itself: field -> value."""
        lines = (await self.ask("INFO")).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    async def pause(self, seconds: float) -> None:
        """Wait, but not on after the server has gone."""
        await self.ask(f"WAIT 1 {int(seconds * 1000)}")  # for a replica, which it never has

    async def ask(self, command: str) -> str:
        """The reply to an inline command, where that is a line or one text."""
        self._writer.write(f"{command}\r\n".encode())
        try:
            head = (await self._reader.readuntil(b"\r\n")).decode()
            if head.startswith("$"):
                text = await self._reader.readexactly(int(head[1:]) + len("\r\n"))
                return text.decode(errors="replace").removesuffix("\r\n")
        except asyncio.IncompleteReadError as end:
            raise ConnectionResetError("the server has gone") from end
        if head.startswith("-"):
            raise ConnectionRefusedError(head)
        return head[1:].rstrip()
