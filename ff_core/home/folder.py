"""Where a home lies, that it is ours alone, and the files in it."""

import hashlib
import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from ff_core.errors import InvalidInput
from ff_core.home.role import Role

# Bytes; macOS takes 103, Linux 107.
SOCKET_PATH_LIMIT: Final = 103

# Not $TMPDIR: it differs between processes that have to find each other here, and may go when a job ends.
_SHORT_FOLDER: Final = Path("/", "tmp")


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one embedded engine. Its files need not exist."""

    path: Path

    @property
    def socket(self) -> Path:
        """The server's Unix socket: in the home, for a long path in a private folder named by its digest."""
        near = self.path / "valkey.sock"
        if len(os.fsencode(near)) <= SOCKET_PATH_LIMIT:
            return near
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return _SHORT_FOLDER / f"ff-{digest}" / near.name

    @property
    def log(self) -> Path:
        """What server and keeper have to say."""
        return self.path / "server.log"

    @property
    def data(self) -> Path:
        """The folder of the append-only file."""
        return self.path / "appendonlydir"

    @property
    def keeper(self) -> Role:
        """The role of the background process that watches the server."""
        return Role(self.path, "keeper")

    @property
    def server(self) -> Role:
        """The role of the Valkey server. Two of them on one append-only file would spoil it."""
        return Role(self.path, "server")

    def data_bytes(self) -> int:
        """Size of the data on disk."""
        size = 0
        for file in self.data.glob("*"):
            with suppress(FileNotFoundError):  # the server replaces its files now and then
                size += file.stat().st_size
        return size

    def prepare(self) -> None:
        """Create what is missing of the folders; raise `InvalidInput` when one of them is not ours alone."""
        _make_private(self.path, "set FF_HOME to another folder")
        if self.socket.parent != self.path:
            _make_private(self.socket.parent, "set FF_HOME to a folder with a shorter path")

    def remove_socket(self) -> None:
        """Remove what a server that has ended by force leaves of its socket, a folder for it alone included."""
        with suppress(OSError):  # the next server makes do with what is there, and `prepare` says where it cannot
            self.socket.unlink(missing_ok=True)
            if self.socket.parent != self.path:
                self.socket.parent.rmdir()


def locate(home: Path | None = None) -> Home:
    """The home at `home`, else at $FF_HOME, else in the user's data folder. Touches nothing.

    Raises `InvalidInput` on Windows, which has no embedded engine.
    """
    if sys.platform == "win32":
        raise InvalidInput(
            "there is no embedded engine on Windows; give the URL of a Valkey server, such as valkey://host:6379"
        )
    named = home or os.environ.get("FF_HOME")
    path = Path(named) if named else platformdirs.user_data_path("flowfabric")
    return Home(path.expanduser().resolve())


def _make_private(folder: Path, advice: str) -> None:
    """Create `folder`, or make sure that it is a folder of ours, closed to others, that we may write to.

    An empty folder of ours is closed to others here, as if we had created it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        ours = found.st_uid == os.geteuid()
        if ours and stat.S_ISDIR(found.st_mode) and found.st_mode & 0o077 and not any(folder.iterdir()):
            folder.chmod(0o700)
            found = folder.lstat()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvalidInput(f"the folder {folder} cannot be created ({reason}); {advice}") from error
    if not stat.S_ISDIR(found.st_mode):
        raise InvalidInput(f"{folder} is not a folder; {advice}")
    if not ours:
        raise InvalidInput(f"the folder {folder} belongs to another user; {advice}")
    if found.st_mode & 0o077:
        raise InvalidInput(f"the folder {folder} is open to others; run `chmod 700 {folder}`, or {advice}")
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        raise InvalidInput(f"the folder {folder} is not writable; {advice}")
