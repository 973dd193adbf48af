"""Gzip from strangers, unpacked piece by piece and never further than a limit: for what is sent to us and for what we asked for."""

import zlib

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
MEMBERS = 64
"""The most gzip members in a row: each costs a copy of what follows it, and senders write one."""


class PackedError(ValueError):
    """What came is not gzip, or not all of it."""


class PackedTooLargeError(PackedError):
    """There is more in it than the limit."""


class Unpacker:
    """Takes gzip in pieces; `plain` is what they held so far, never more than one byte above `limit`."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.plain = bytearray()
        self._members = 0
        self._member: zlib._Decompress | None = None

    def feed(self, piece: bytes) -> None:
        """Unpack one more piece. Raises PackedTooLargeError past the limit, PackedError for what is no gzip."""
        rest = piece
        while rest:  # gzip may be several members in a row
            if self._member is None:
                self._members += 1
                if self._members > MEMBERS:
                    raise PackedError(f"it has more than {MEMBERS} members; compress it in one")
                self._member = zlib.decompressobj(wbits=_GZIP_WINDOW)
            try:
                # One byte past the limit is enough to know, so a bomb is never unpacked.
                self.plain += self._member.decompress(rest, self.limit - len(self.plain) + 1)
            except zlib.error as error:
                raise PackedError("it is not gzip data") from error
            if len(self.plain) > self.limit:
                raise PackedTooLargeError(f"it holds more than {self.limit} bytes")
            if not self._member.eof:
                return
            rest, self._member = self._member.unused_data, None

    def close(self) -> bytes:
        """All of it. Raises PackedError when it ended in the middle."""
        if self._member is not None:
            raise PackedError("it ends too early; send it again")
        return bytes(self.plain)


def unpacked(packed: bytes, limit: int) -> bytes:
    """What gzip holds, at most `limit` bytes. Raises PackedError or PackedTooLargeError."""
    unpacker = Unpacker(limit)
    unpacker.feed(packed)
    return unpacker.close()
