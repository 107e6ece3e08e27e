"""Decodes base64 as JSON answers carry it, piece by piece."""

import binascii
import re

import pybase64

FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")
LINE_BREAKS = b"\r\n"
ESCAPE = re.compile(rb"\\(?:u00([0-9a-fA-F]{2})|([/nr]))")
LONGEST_ESCAPE = 6


class Decoder:
    """Takes a JSON string's inside as it comes, and gives the bytes that its base64 stands for.

    Standard or URL-safe alphabet, with or without padding, with line breaks, and with what JSON may escape.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._ended = False

    def feed(self, piece: bytes) -> bytes:
        """The bytes that are complete by now. Raises ValueError for what is no base64."""
        piece = self._rest + piece
        escape = piece.find(b"\\", max(0, len(piece) - LONGEST_ESCAPE + 1))
        whole = len(piece) if escape < 0 else escape
        letters = tidy(piece[:whole])
        usable = len(letters) - len(letters) % 4
        self._rest = letters[usable:] + piece[whole:]
        return self._decode(letters[:usable])

    def end(self) -> bytes:
        """The last bytes. Raises ValueError where it ends in the middle."""
        letters = tidy(self._rest)
        return self._decode(letters + b"=" * (-len(letters) % 4))

    def _decode(self, letters: bytes) -> bytes:
        if letters and self._ended:
            raise ValueError("it goes on after its end")
        self._ended = letters.endswith(b"=")
        try:
            return pybase64.b64decode(letters, validate=True)
        except binascii.Error:
            return pybase64.b64decode(letters.translate(FROM_URL_SAFE), validate=True)


def tidy(piece: bytes) -> bytes:
    """Without escapes and line breaks."""
    if b"\\" in piece:
        piece = ESCAPE.sub(_unescaped, piece.replace(rb"\/", b"/"))
    if b"\n" in piece or b"\r" in piece:
        piece = piece.translate(None, LINE_BREAKS)
    return piece


def _unescaped(found: re.Match[bytes]) -> bytes:
    code, _ = found.groups()
    return bytes.fromhex(code.decode()) if code else b""
