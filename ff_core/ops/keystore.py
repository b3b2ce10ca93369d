"""The keys that sign waitpoint tokens: seeding, rotating, listing (contract 04 §9, §11.8)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final

from ff_core.contract.model import Request
from ff_core.contract.suspension import LIST_WAITPOINT_HMAC_KIDS, ROTATE_WAITPOINT_HMAC_SECRET
from ff_core.errors import FlowFabricError, InvalidKid, InvalidSecretHex
from ff_core.keys import key
from ff_core.ops.command import hash_field, set_hash_if_absent
from ff_core.ops.op import Op, attempt_all, send, send_all
from ff_core.ops.scope import Scope
from ff_core.types import TimestampMs

FIRST_KID = "k1"
SECRET_BYTES = 32

_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kids:
    """Ids of the keys that sign (`current`) or still verify (`former`, with the time until which they do)."""

    current: str
    former: dict[str, TimestampMs]
    partitions_that_differ: int
    """How many partitions hold another set than the first one: rotate again until it is 0."""


def seed(scope: Scope, secret_hex: str | None = None) -> Op[int]:
    """Give every partition that has no signing key the same first one. Answers how many were seeded.

    The first partition decides between two starters: who comes second takes the secret that lies there. Raises
    InvalidSecretHex.
    """
    if secret_hex and not _HEX.fullmatch(secret_hex):
        raise InvalidSecretHex
    places = [key("hmac_secrets", T=tag) for tag in scope.flow_tags()]
    found = yield from send_all(hash_field(place, "current_kid") for place in places)
    bare = [place for place, kid in zip(places, found, strict=True) if not kid]
    if not bare:
        return 0
    first = places[0]
    if first in bare:
        yield from send_all(_installation(first, FIRST_KID, secret_hex or secrets.token_hex(SECRET_BYTES)))
    kid = yield from send(hash_field(first, "current_kid"))
    secret = yield from send(hash_field(first, f"secret:{kid}"))
    yield from send_all(request for place in bare for request in _installation(place, kid, secret))
    return len(bare)


def _installation(place: str, kid: str, secret: str) -> list[Request[bool]]:
    # The secret first: whoever sees the kid finds its secret.
    return [set_hash_if_absent(place, f"secret:{kid}", secret), set_hash_if_absent(place, "current_kid", kid)]


def rotate(scope: Scope, kid: str, secret_hex: str | None, grace_ms: int) -> Op[Kids]:
    """Sign with a new key on every partition; tokens of the former one are good for `grace_ms` more.

    Raises RotationConflict, InvalidKid, InvalidSecretHex or InvalidGraceMs of the first partition that refuses; repeat
    with the same kid and secret, it is idempotent on each partition.
    """
    kids = yield from list_kids(scope)
    if kid in kids.former:
        raise InvalidKid(f"kid {kid} was used before; give a new one, such as a date")
    secret = secret_hex or secrets.token_hex(SECRET_BYTES)
    args = {"new_kid": kid, "new_secret_hex": secret, "grace_ms": grace_ms}
    replies = yield from attempt_all(ROTATE_WAITPOINT_HMAC_SECRET.call({"T": tag}, args) for tag in scope.flow_tags())
    refusals = [reply for reply in replies if isinstance(reply, FlowFabricError)]
    if refusals:
        raise refusals[0]
    return (yield from list_kids(scope))


def list_kids(scope: Scope) -> Op[Kids]:
    """Which keys sign and which still verify, as the first partition says, and whether all say the same."""
    replies = yield from send_all(LIST_WAITPOINT_HMAC_KIDS.call({"T": tag}, {}) for tag in scope.flow_tags())
    listed = [
        (reply.text("current_kid"), dict(zip(reply.rest[::2], map(int, reply.rest[1::2]), strict=True)))
        for reply in replies
    ]
    current, former = listed[0]
    return Kids(
        current=current,
        former={kid: TimestampMs(until) for kid, until in sorted(former.items(), key=lambda pair: pair[1])},
        # Each partition has its own moment of rotation, so only the ids can be the same.
        partitions_that_differ=sum((kid, kids.keys()) != (current, former.keys()) for kid, kids in listed),
    )
