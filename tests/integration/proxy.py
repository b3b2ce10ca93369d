"""A server's stand-in on a socket of its own, which loses requests or replies when told to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from typing import Final

CHUNK: Final = 1 << 20


@dataclass
class Proxy:
    """Passes on what clients and server say. Traps strike at the first request that holds their word."""

    url: str
    """What a client connects to."""
    listener: socket.socket
    server: Path
    lose_reply: list[bytes] = field(default_factory=list)
    """The server runs the request; the connection breaks in place of the reply."""
    lose_request: list[bytes] = field(default_factory=list)
    """The connection breaks before the server hears of the request."""
    closing: bool = False
    """Whether the proxy goes away for good when it loses a reply."""
    _open: set[socket.socket] = field(default_factory=set)

    def start(self) -> None:
        """Accept connections."""
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Break all connections and take no more."""
        with suppress(OSError):  # it is stopped already
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def cut(self) -> None:
        """Break all connections."""
        for side in list(self._open):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        self._open.add(client)
        with client, server, suppress(OSError):
            server.connect(str(self.server))
            self._pass_on(client, server)
        self._open.discard(client)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        request, doomed = b"", False
        while True:
            ready, _, _ = select([client, server], [], [])
            if client in ready:
                heard = client.recv(CHUNK)
                request += heard
                if not heard or self._springs(self.lose_request, request):
                    return
                doomed = doomed or self._springs(self.lose_reply, request)
                server.sendall(heard)
            if server in ready:
                answer = server.recv(CHUNK)
                if doomed and self.closing:
                    self.stop()
                if not answer or doomed:
                    return
                client.sendall(answer)
                request = b""

    def _springs(self, traps: list[bytes], request: bytes) -> bool:
        for word in traps:
            if word in request:
                traps.remove(word)
                return True
        return False


@contextmanager
def proxy_on_socket(server: Path, folder: Path) -> Iterator[Proxy]:
    """A proxy of the server that listens on `server`, with its own socket in `folder`."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "proxy.sock"))
    yield from _running(Proxy(f"unix://{folder}/proxy.sock", listener, server))


@contextmanager
def proxy_on_tcp(server: Path) -> Iterator[Proxy]:
    """The same on a free port of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    yield from _running(Proxy(f"valkey://127.0.0.1:{listener.getsockname()[1]}", listener, server))


def _running(proxy: Proxy) -> Iterator[Proxy]:
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
