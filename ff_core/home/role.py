"""Roles in a home that one process at a time has."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

if sys.platform != "win32":  # importable there, so that the refusal in `folder` is what its users see
    import fcntl


@dataclass(frozen=True, slots=True)
class Role:
    """A role such as "server": held by the process, and its heirs, that has the lock file locked."""

    folder: Path
    name: str

    @property
    def lock(self) -> Path:
        """The lock file. It is never deleted: two processes could then lock two files of this name."""
        return self.folder / f"{self.name}.lock"

    @property
    def pid_file(self) -> Path:
        """Where the holder writes its pid; means something only as long as the lock is held."""
        return self.folder / f"{self.name}.pid"

    def take(self) -> BinaryIO | None:
        """The locked file, or None when somebody else has the role.

        A child that inherits the file has the role as well, and keeps it when the parent closes its copy.
        """
        file = self.lock.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        self.pid_file.unlink(missing_ok=True)
        return file

    def holder(self) -> int | None:
        """The pid of the process that has the role; None when nobody has it, or it is not written yet."""
        try:
            with self.lock.open("rb") as file:
                # Shared: two onlookers do not take each other for the holder.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            return self._written_pid()
        return None

    def _written_pid(self) -> int | None:
        try:
            return int(self.pid_file.read_text("ascii"))
        except (FileNotFoundError, ValueError):
            return None
