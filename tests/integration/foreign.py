"""A server that is not what a client expects."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Foreign(threading.Thread):
    """Greets, and answers INFO with a text of its own; to everything else it speaks like a web server."""

    def __init__(self, path: Path, info: str) -> None:
        super().__init__(daemon=True)
        self.info = info.encode()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()

    def run(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:  # closed
                return
            with client, suppress(OSError):  # the client may be gone
                while request := client.recv(1 << 16):
                    client.sendall(self.answer(request))

    def answer(self, request: bytes) -> bytes:
        if not self.info or b"FCALL" in request:
            return b"HTTP/1.1 400 Bad Request\r\n\r\n"
        commands = [command for command in request.split(b"*") if command]
        info = b"$%d\r\n%s\r\n" % (len(self.info), self.info)
        return b"".join(b"+OK\r\n" if b"SETINFO" in command else info for command in commands)


@contextmanager
def foreign_server(folder: Path, info: str) -> Iterator[str]:
    """The URL of one that says `info` of itself, on a socket in `folder`."""
    path = folder / "foreign.sock"
    server = Foreign(path, info)
    server.start()
    try:
        yield f"unix://{path}"
    finally:
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        server.join()
