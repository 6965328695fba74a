"""Signs programs for Windows, if the environment says with what: `python packaging/code_signing.py FILE...`.

FREESPORT_SIGN_CERTIFICATE   Linux: a PKCS #12 file (.pfx, .p12) with certificate and key, for osslsigncode
FREESPORT_SIGN_PASSWORD      its password; it reaches osslsigncode through a pipe, never as an argument
FREESPORT_SIGN_THUMBPRINT    Windows: SHA-1 of a certificate in the user's store, perhaps on a token, for signtool
FREESPORT_SIGN_TIMESTAMP     address of a time-stamp server (RFC 3161): without one, signatures end with the certificate
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import ToolFailed, run_tool

CERTIFICATE = "FREESPORT_SIGN_CERTIFICATE"
PASSWORD = "FREESPORT_SIGN_PASSWORD"
THUMBPRINT = "FREESPORT_SIGN_THUMBPRINT"
TIMESTAMP = "FREESPORT_SIGN_TIMESTAMP"
DESCRIPTION = "FREESPORT Sync"
LIMIT_S = 120


class NotSigned(Exception):
    """The file has no signature; what it was before is still there."""


def is_wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether there is something to sign with."""
    return bool(environment.get(CERTIFICATE) or environment.get(THUMBPRINT))


def sign(file: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Sign a program in its place.

    Raises:
        NotSigned: the tool is missing, or refuses the certificate, its password or the file.
    """
    if thumbprint := environment.get(THUMBPRINT):
        _sign_on_windows(file, thumbprint, environment.get(TIMESTAMP))
    elif certificate := environment.get(CERTIFICATE):
        _sign_elsewhere(file, certificate, environment.get(PASSWORD, ""), environment.get(TIMESTAMP))
    else:
        raise NotSigned(f"neither {CERTIFICATE} nor {THUMBPRINT} is set")


def _sign_on_windows(file: Path, thumbprint: str, timestamp: str | None) -> None:
    stamp = ["/tr", timestamp, "/td", "sha256"] if timestamp else []
    _run(["signtool", "sign", "/fd", "sha256", "/d", DESCRIPTION, "/sha1", thumbprint, *stamp, str(file)], file)


def _sign_elsewhere(file: Path, certificate: str, password: str, timestamp: str | None) -> None:
    signed = file.with_name(f"{file.name}.signed")
    reader, writer = os.pipe()
    os.write(writer, password.encode())
    os.close(writer)
    command = ["osslsigncode", "sign", "-pkcs12", certificate, "-readpass", f"/dev/fd/{reader}", "-h", "sha256"]
    command += ["-n", DESCRIPTION, *(["-ts", timestamp] if timestamp else []), "-in", str(file), "-out", str(signed)]
    try:
        _run(command, file, (reader,))
        signed.replace(file)
    finally:
        os.close(reader)
        signed.unlink(missing_ok=True)


def _run(command: Sequence[str], file: Path, pass_fds: Sequence[int] = ()) -> None:
    try:
        run_tool(command, LIMIT_S, pass_fds)
    except ToolFailed as error:
        raise NotSigned(f"{file.name}: {error}") from error


def main(arguments: Sequence[str]) -> int:
    """Sign the files; returns the exit code."""
    try:
        for name in arguments:
            sign(Path(name))
    except NotSigned as error:
        print(f"Not signed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
