"""The golden vectors of the wire contract, by the name of their file."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "vectors"


def golden(name: str) -> dict[str, Any]:
    """All sections of one file."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
