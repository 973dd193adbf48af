"""Gzip is unpacked whole or refused, in whatever pieces it comes, and never beyond its limit."""

import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.unpacking import MEMBERS, PackedError, PackedTooLargeError, Unpacker, unpacked


@given(st.lists(st.binary(max_size=300), max_size=4), st.integers(1, 50))
def test_what_was_packed_comes_out_in_whatever_pieces(parts: list[bytes], size: int) -> None:
    packed = b"".join(gzip.compress(part) for part in parts)
    unpacker = Unpacker(2000)
    for start in range(0, len(packed), size):
        unpacker.feed(packed[start : start + size])
    assert unpacker.close() == b"".join(parts)


@given(st.binary(max_size=200))
def test_anything_else_is_refused_and_nothing_breaks(noise: bytes) -> None:
    try:
        unpacked(noise, 1000)
    except PackedError:
        return
    assert not noise or noise[:2] == b"\x1f\x8b"


@pytest.mark.parametrize(
    ("packed", "says"),
    [
        (gzip.compress(b"cut off" * 100)[:-4], "ends too early"),
        (b"plain", "not gzip"),
        (gzip.compress(b"") * (MEMBERS + 1), "more than 64 members"),
    ],
    ids=["cut", "plain", "many"],
)
def test_it_says_what_is_wrong(packed: bytes, says: str) -> None:
    with pytest.raises(PackedError, match=says):
        unpacked(packed, 10_000)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    tracemalloc.start()
    with pytest.raises(PackedTooLargeError):
        unpacked(bomb, 1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_the_limit_itself_fits() -> None:
    assert len(unpacked(gzip.compress(bytes(1000)), 1000)) == 1000
