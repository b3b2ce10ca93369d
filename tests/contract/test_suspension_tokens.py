"""Waitpoint tokens: what is minted, what verifies, and for how long (contract 04 §5, §9)."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from conformance import clocked
from conformance.clocked import Server
from conformance.replay import snapshot
from contract import driver
from contract import suspension_driver as sd
from contract.driver import call, fields, key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


class Vector(NamedTuple):
    """A token whose parts are known."""

    kid: str
    secret: str
    point: str
    point_key: str
    created_at: int
    digest: str

    @property
    def token(self) -> str:
        return f"{self.kid}:{self.digest}"


MINTED_BY_THE_ORIGINAL = [
    Vector(
        "k1",
        bytes(range(32)).hex(),
        "20702a78-e869-4a82-b29a-8d408afd2cde",
        "wpk:20702a78-e869-4a82-b29a-8d408afd2cde",
        1795456979698,
        "15aba1441f9665708840b0138a93d982bed2a1a1",
    ),
    Vector(
        "k2",
        "ffeeddccbbaa99887766554433221100" * 2,
        "0a6d15ad-5659-4fcf-9403-219e13db7642",
        "wpk:0a6d15ad-5659-4fcf-9403-219e13db7642",
        1795456979765,
        "8ca893b16a4b18901175877e9474a4a6b9fd376b",
    ),
    Vector(
        "prod-2026",
        "00" * 32,
        "c57df6b2-e678-4b5d-8ad9-e6467a9f9473",
        "order/42|approve",
        1795456979857,
        "4ee5968afe585b2ffa443eb2110b8eb6ae132ffd",
    ),
    Vector(
        "UP",
        "AABBCCDDEEFF00112233445566778899" * 2,
        "bdcfdfc1-f94c-44b8-b639-29ac4ded2ef9",
        "upper-hex-key",
        1795456979960,
        "d902a06ea1d982c96c391270232868d9f6ace6bd",
    ),
    Vector(
        "b",
        "7f",
        "e837aef3-71be-4b84-9813-0b0f58c3f351",
        "one-byte-secret",
        1795456980042,
        "16e9a68eb16b57799b02d6e1ef7c2e5c05965539",
    ),
    Vector(
        "k64",
        "c3" * 64,
        "833100b0-a562-4879-a853-091bdd68fdae",
        "k64",
        1795456980137,
        "27f77fa127036d76c0ec05e54a044e5a32d09b30",
    ),
    Vector(
        "k65",
        "c3" * 65,
        "6bb588e0-8614-458b-a71e-7c4ef03c21e9",
        "k65",
        1795456980244,
        "0ee3c159358968219231334c47bcc7b4619e3ddb",
    ),
    Vector(
        "long",
        "5a" * 80,
        "44c86e10-e822-4c67-9496-50926f4e3dd8",
        "clé:été ☕",
        1795456980327,
        "2c5cf4b8250af9b9e4bac41ff3977b1c1f93f8ca",
    ),
    Vector(
        "dot.7_A",
        "deadbeef" * 5,
        "be25c5c2-1fa0-4d2c-88bd-8cc8ad5c6bbe",
        "a|b|c",
        1795456980428,
        "c697726c29e5c61ccd10422af25641d309b34454",
    ),
    Vector(
        "e",
        "0123456789abcdef" * 4,
        "cf5d223c-e666-4686-aca0-b8ead6acb0ad",
        "",
        1795456980533,
        "f420a4c8ac57b312ce47635f62f1620baca204a8",
    ),
]

ACCEPTED_BY_THE_ORIGINAL = [
    Vector(
        "k1",
        bytes(range(32)).hex(),
        "11111111-1111-4111-8111-111111111111",
        "wpk:11111111-1111-4111-8111-111111111111",
        1500000000000,
        "03d711591ac1d8b8faf859c8bfba7b64c1a200ac",
    ),
    Vector(
        "prod-2026",
        "00" * 32,
        "22222222-2222-4222-8222-222222222222",
        "order/42|approve",
        1500000000001,
        "64b322a1356dd31183040e54c5f11e359786f954",
    ),
    Vector(
        "k2",
        "AABBCCDDEEFF00112233445566778899" * 2,
        "33333333-3333-4333-8333-333333333333",
        "",
        1,
        "e909020a7f245544b0800c961ea4c965986577c5",
    ),
    Vector(
        "long",
        "5a" * 80,
        "44444444-4444-4444-8444-444444444444",
        "clé:été ☕",
        1499999999999,
        "9df14a089a4cb4bf9dd466885f243d327f0ffb04",
    ),
    Vector(
        "b",
        "7f",
        "55555555-5555-4555-8555-555555555555",
        "wpk:x",
        0,
        "6a30b517ce2d0a2f54dcaa271968142b7dc4e22d",
    ),
    Vector(
        "k64",
        "c3" * 64,
        "66666666-6666-4666-8666-666666666666",
        "k" * 200,
        1555555555555,
        "e20deb40b3f34315744f80e9bd0aebf507f4d228",
    ),
]

NEVER = "a name that nobody sends"

REWRITTEN = {"1500000000000": " 1.5e12", "1500000000001": "0x15D3EF79801", "0": "soon"}
"""Other texts for the same creation time; what is no number counts as 0."""


def opened(server: Server, vector: Vector, created_at: str) -> None:
    """A pending waitpoint with a record of our making."""
    driver.claimed(server)
    keystore = {"current_kid": vector.kid, f"secret:{vector.kid}": vector.secret}
    server.hset(key("hmac_secrets"), mapping=keystore)
    record = {"execution_id": driver.EXECUTION, "attempt_index": "0", "state": "pending"}
    record |= {"waitpoint_id": vector.point, "waitpoint_key": vector.point_key, "created_at": created_at}
    server.hset(key("waitpoint", W=vector.point), mapping=record)


def name_of(vector: Vector) -> str:
    return f"{vector.kid} at {vector.created_at}"


@pytest.mark.parametrize("vector", MINTED_BY_THE_ORIGINAL + ACCEPTED_BY_THE_ORIGINAL, ids=name_of)
def test_tokens_of_the_original_verify(clocked_server: Server, vector: Vector):
    made = sd.digest(vector.secret, vector.point, vector.point_key, vector.created_at)
    assert made == vector.digest
    opened(clocked_server, vector, str(vector.created_at))
    assert sd.buffer(clocked_server, vector.token, to=vector.point)[:2] == [1, "OK"]


@pytest.mark.parametrize("vector", ACCEPTED_BY_THE_ORIGINAL, ids=name_of)
def test_the_creation_time_counts_as_a_number(clocked_server: Server, vector: Vector):
    opened(clocked_server, vector, REWRITTEN.get(str(vector.created_at), f"{vector.created_at}.7"))
    assert sd.buffer(clocked_server, vector.token, to=vector.point)[:2] == [1, "OK"]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    secret=st.binary(min_size=1, max_size=100).map(bytes.hex),
    written=st.sampled_from([str.lower, str.upper]),
    point_key=st.text(max_size=40),
)
def test_minted_tokens_are_those_that_python_makes(
    clocked_server: Server, secret: str, written: Callable[[str], str], point_key: str
):
    clocked_server.flushall()
    driver.claimed(clocked_server)
    clocked_server.hset(key("hmac_secrets"), mapping={"current_kid": "k", "secret:k": written(secret)})
    point = sd.waitpoint(1)
    token = sd.pending(clocked_server, waitpoint_key=point_key)
    [created_at] = fields(clocked_server, "waitpoint", "created_at", W=point)
    assert token == f"k:{sd.digest(secret, point, point_key, created_at)}"


def test_every_waitpoint_of_a_suspension_has_a_token_of_its_own(clocked_server: Server):
    extras = [(sd.waitpoint(2), "B"), (sd.waitpoint(3), "C")]
    tokens = sd.suspended(clocked_server, extras=extras)
    names = {sd.FIRST: "A"} | dict(extras)
    for point, token in tokens.items():
        [created_at] = fields(clocked_server, "waitpoint", "created_at", W=point)
        assert token == f"k1:{sd.digest(sd.SECRET, point, names[point], created_at)}"
        assert fields(clocked_server, "waitpoint", "waitpoint_token", W=point) == [token]
    assert len(set(tokens.values())) == 3


def test_every_wrong_digit_is_noticed(clocked_server: Server):
    [token] = sd.suspended(clocked_server).values()
    for place in range(len("k1:"), len(token)):
        wrong = "1" if token[place] == "0" else "0"
        assert sd.send(clocked_server, token[:place] + wrong + token[place + 1 :]) == [0, "invalid_token"]
    assert sd.send(clocked_server, token.upper().replace("K1", "k1")) == [0, "invalid_token"]
    assert sd.send(clocked_server, token)[:2] == [1, "OK"]


@pytest.mark.parametrize("text", ["", "soon", "0", "-5"])
def test_a_former_key_without_a_readable_expiry_verifies_nothing(clocked_server: Server, text: str):
    [token] = sd.suspended(clocked_server).values()
    sd.rotate(clocked_server, "k2", "22" * 32)
    clocked_server.hset(key("hmac_secrets"), "expires_at:k1", text)
    before = snapshot(clocked_server)[key("suspension_current")]
    assert sd.send(clocked_server, token) == [0, "token_expired"]
    assert snapshot(clocked_server)[key("suspension_current")] == before


def test_rotating_keeps_the_tokens_of_open_waitpoints_good_for_the_grace(clocked_server: Server):
    [token] = sd.suspended(clocked_server, sd.plain(NEVER)).values()
    sd.rotate(clocked_server, "k2", "22" * 32, grace=60_000)
    clocked.advance(clocked_server, 50_000)
    assert sd.send(clocked_server, token)[:2] == [1, "OK"]
    clocked.advance(clocked_server, 20_000)
    assert sd.send(clocked_server, token, number=1) == [0, "token_expired"]
    sd.rotate(clocked_server, "k3", "33" * 32)
    assert sd.send(clocked_server, token, number=1) == [0, "invalid_token"]


def test_the_list_of_keys_shows_no_secret(clocked_server: Server):
    sd.rotate(clocked_server, "k1", "11" * 32)
    sd.rotate(clocked_server, "k2", "22" * 32)
    reply = call(clocked_server, "ff_list_waitpoint_hmac_kids")
    assert reply[:5] == [1, "OK", "k2", "1", "k1"]
    assert not any("11" * 32 in text or "22" * 32 in text for text in map(str, reply))


def test_a_presented_token_is_stored_nowhere(clocked_server: Server):
    [token] = sd.suspended(clocked_server).values()
    clocked_server.hdel(key("waitpoint"), "waitpoint_token")
    sd.send(clocked_server, token)
    assert token not in str(snapshot(clocked_server))
