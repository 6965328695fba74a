"""SHA-256 fingerprints of host keys, however people write them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac


def is_fingerprint(text: str) -> bool:
    """Whether a text is a SHA-256 fingerprint, with or without its prefix."""
    try:
        digest = base64.b64decode(_bare(text) + "=", validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(digest) == hashlib.sha256().digest_size


def same_fingerprint(one: str, other: str) -> bool:
    """Whether two fingerprints are equal, however they are written."""
    return hmac.compare_digest(_bare(one).encode(), _bare(other).encode())


def _bare(fingerprint: str) -> str:
    return fingerprint.strip().removeprefix("SHA256:").rstrip("=")
