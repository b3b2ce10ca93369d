"""The bytes of handles, against the golden rows."""

from contextlib import suppress
from typing import Any

import pytest
from conformance.golden import golden
from hypothesis import given
from hypothesis import strategies as st

from ff_core.errors import Corruption, HandleFromOtherBackend, InvalidInput
from ff_core.types import (
    AttemptId,
    BackendTag,
    ExecutionId,
    Handle,
    HandleFields,
    HandleKind,
    HandleOpaque,
    LaneId,
    LeaseId,
    WorkerInstanceId,
    decode_handle,
    encode_handle,
)
from ff_core.types.handle import decode_opaque, encode_opaque

VECTORS = golden("handles")


def fields_of(row: dict[str, Any]) -> HandleFields:
    said = row["fields"]
    return HandleFields(
        execution_id=ExecutionId(said["execution_id"]),
        attempt_index=said["attempt_index"],
        attempt_id=AttemptId(said["attempt_id"]),
        lease_id=LeaseId(said["lease_id"]),
        lease_epoch=said["lease_epoch"],
        lease_ttl_ms=said["lease_ttl_ms"],
        lane_id=LaneId.unchecked(said["lane_id"]),
        worker_instance_id=WorkerInstanceId(said["worker_instance_id"]),
    )


def handle_of(data: bytes, backend: BackendTag = BackendTag.VALKEY) -> Handle:
    return Handle(backend, HandleKind.FRESH, HandleOpaque(data))


@pytest.mark.parametrize("row", VECTORS["decode_ok"], ids=lambda row: row["name"])
def test_good_bytes_are_read_and_written(row: dict[str, Any]):
    data = bytes.fromhex(row["hex"])
    assert len(data) == row["length"]
    backend, fields = decode_opaque(HandleOpaque(data))
    assert backend == row["backend_tag"]
    assert fields == fields_of(row)
    written = encode_opaque(fields, backend).as_bytes()
    assert (written == data) is row["encodes_back"]
    assert decode_opaque(HandleOpaque(written)) == (backend, fields)


@pytest.mark.parametrize("row", VECTORS["decode_error"], ids=lambda row: row["name"])
def test_bad_bytes_are_refused_with_their_first_fault(row: dict[str, Any]):
    with pytest.raises(Corruption) as refused:
        decode_handle(handle_of(bytes.fromhex(row["hex"])))
    assert refused.value.fault == row["error"]
    assert refused.value.carries == row["carries"]
    if "detail" in row:
        assert refused.value.details == (row["detail"],)


@pytest.mark.parametrize("row", VECTORS["wrong_backend"], ids=lambda row: row["detail"])
def test_a_handle_of_another_backend_is_refused(row: dict[str, Any]):
    with pytest.raises(HandleFromOtherBackend) as refused:
        decode_handle(handle_of(bytes.fromhex(row["opaque"]), BackendTag(row["handle_backend"])))
    assert refused.value.details == (row["detail"],)


@pytest.mark.parametrize("row", VECTORS["json"], ids=lambda row: row["kind"])
def test_a_handle_has_a_document_form(row: dict[str, Any]):
    handle = Handle.from_json(row["json"])
    assert handle.backend == row["backend"]
    assert handle.kind == row["kind"]
    assert handle.opaque.as_bytes().hex() == row["opaque_hex"]
    assert handle.to_json() == row["json"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"backend": "Mysql", "kind": "Fresh", "opaque": []},
        {"backend": "Valkey", "kind": "Fresh", "opaque": [256]},
        {"backend": "Valkey", "kind": "Fresh", "opaque": "AgEB"},
    ],
)
def test_another_document_is_no_handle(document: dict[str, Any]):
    with pytest.raises(InvalidInput, match="handle document"):
        Handle.from_json(document)


def test_wire_bytes_and_words_are_the_recorded_ones():
    assert {tag.value for tag in BackendTag} == VECTORS["wire_bytes"].keys()
    assert [kind.value for kind in HandleKind] == VECTORS["kinds"]
    fields = fields_of(VECTORS["decode_ok"][0])
    for tag, byte in VECTORS["wire_bytes"].items():
        assert encode_opaque(fields, BackendTag(tag)).as_bytes()[2] == byte


FIELDS = st.builds(
    HandleFields,
    execution_id=st.builds("{{fp:{}}}:{}".format, st.integers(0, 65535), st.uuids()).map(ExecutionId),
    attempt_index=st.integers(0, 2**32 - 1),
    attempt_id=st.uuids().map(str).map(AttemptId),
    lease_id=st.uuids().map(str).map(LeaseId),
    lease_epoch=st.integers(0, 2**64 - 1),
    lease_ttl_ms=st.integers(0, 2**64 - 1),
    lane_id=st.text(max_size=80).map(LaneId.unchecked),
    worker_instance_id=st.text(max_size=80).map(WorkerInstanceId),
)


@given(fields=FIELDS, kind=st.sampled_from(HandleKind))
def test_a_handle_says_what_was_put_into_it(fields: HandleFields, kind: HandleKind):
    handle = encode_handle(fields, kind)
    assert handle.kind is kind
    assert decode_handle(handle) == fields


@given(fields=FIELDS, data=st.data())
def test_mutilated_bytes_are_refused_or_read_never_a_crash(fields: HandleFields, data: st.DataObject):
    good = encode_handle(fields, HandleKind.FRESH).opaque.as_bytes()
    place = data.draw(st.integers(0, len(good) - 1))
    bad = good[:place] + data.draw(st.binary(max_size=4)) + good[place + 1 :]
    with suppress(Corruption, HandleFromOtherBackend):
        decode_handle(handle_of(bad))


def test_the_bytes_stay_out_of_sight():
    assert repr(HandleOpaque(b"lease")) == "HandleOpaque(5 bytes)"
