"""What a notebook holds: one connection, made on first use, and at most one claimed task."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from ff_core.client import Client, Task, connect
from ff_core.errors import InvalidInput
from ff_notebook.engine_room import Held, Phase, Search
from ff_notebook.text import named


class Session:
    """The connection and the claimed task of this process."""

    def __init__(self) -> None:
        self._client: Client | None = None
        self._held: Held | None = None
        self._lock = threading.Lock()

    @property
    def connected(self) -> Client | None:
        """The client, if there is one; nothing is started."""
        return self._client

    @property
    def held(self) -> Held | None:
        """The task that was claimed last, whatever has become of it."""
        return self._held

    def client(self) -> Client:
        """The client; without one the embedded engine is connected to."""
        with self._lock:
            if self._client is None:
                self._client = connect()
            return self._client

    def connect(self, url: str | None, namespace: str, home: str | None) -> Client:
        """Connect somewhere else. The former connection stays in use when that fails."""
        self._refuse_while_holding("connect")
        client = connect(url, namespace=namespace, home=home)
        self.close()
        with self._lock:
            self._client = client
        return client

    def claim(self, claim: Callable[[], Task | None], max_wait: float) -> Held | None:
        """Search for work and hold what is found. Raises InvalidInput while something is held already."""
        self._refuse_while_holding("claim")
        search = Search(claim, max_wait)
        try:
            return search.result()
        finally:
            self._held = search.found or self._held

    def holding(self) -> Held:
        """The task in our hands, even if its lease was lost. Raises InvalidInput when there is none."""
        if self._held is None or self._held.phase is Phase.ENDED:
            raise InvalidInput("you hold no task; %ff claim gets you one")
        return self._held

    def close(self) -> None:
        """Forget the task, whose lease runs out by itself then, and close the connection."""
        if self._held:
            self._held.end("let go")
        with self._lock:
            client, self._client, self._held = self._client, None, None
        if client:
            client.close()

    def _refuse_while_holding(self, what: str) -> None:
        if self._held and self._held.phase is Phase.HELD:
            name = named(self._held.task.kind, self._held.task.id.uuid)
            raise InvalidInput(f"you hold {name}; complete, fail, delay or suspend it before you {what}")


SESSION: Final = Session()
"""The one of this process. Magics, functions and widgets share it."""
