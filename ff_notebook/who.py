"""Who sits in front of the notebook, as far as the system knows; decisions are recorded under this name."""

from __future__ import annotations

import getpass
import os


def user() -> str:
    """The name on JupyterHub, else that of the account; empty where there is none."""
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (KeyError, OSError):
        return ""  # an account without a name, as containers have
