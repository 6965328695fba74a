"""`--probe-exchange` against the server of the program itself."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from freesport_sync.application import Application
from freesport_sync.errors import ExitCode
from tests.program import ROOT, Installation, Json, clean_environment
from tests.shop import Shop

PASSWORD = "пароль обмена"
VARIABLE = "FREESPORT_SYNC_EXCHANGE__"


@pytest.fixture
def installation(shop: Shop, tmp_path: Path) -> Installation:
    """The program with a password for 1C."""
    home = tmp_path / "home"
    Application(home).exchange.set_password(PASSWORD)
    return Installation(home, shop.url)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate of `shop.test`."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.test")]),
    )
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(made.public_bytes(pem) + private)
    return file


def self_test(installation: Installation, password: str, *address: str, **settings: object) -> tuple[int, list[Json]]:
    """The exit code and the steps."""
    command = [sys.executable, "-m", "freesport_sync", "--probe-exchange", *address, "--json", *installation.arguments]
    more = {f"{VARIABLE}{name.upper()}": str(value) for name, value in settings.items()}
    environment = clean_environment() | {"PYTHONUTF8": "1"} | more
    done = subprocess.run(
        command, input=f"{password}\n", env=environment, cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    assert done.stderr == ""
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_the_real_server_passes_and_its_history_has_one_run_more(installation: Installation) -> None:
    with installation.start("--serve", "--json", environment={f"{VARIABLE}PORT": "0"}) as server:
        address = server.event("server_started")["address"]
        code, steps = self_test(installation, PASSWORD, address)
        assert (code, [step["code"] for step in steps if not step["is_ok"]]) == (ExitCode.DONE, [])
        assert [step["code"] for step in steps][-2:] == ["probe_import", "probe_query"]
        assert server.event("request")["client"] == "probe"
        run_id = server.event("run_started")["run_id"]
        code, steps = self_test(installation, "another one", address)
        assert (code, steps[-1]["code"]) == (ExitCode.USAGE, "probe_login_wrong")
        code, steps = self_test(installation, PASSWORD, address.replace("/api", ""))
        assert (code, steps[-1]["code"]) == (ExitCode.USAGE, "probe_path_missing")
        server.interrupt()
        server.ended()
    code, steps = self_test(installation, PASSWORD, address)
    assert (code, steps[-1]["code"]) == (ExitCode.UNREACHABLE, "probe_unreachable")
    (run,) = installation.run("--history", "--json").events("run")
    assert (run["id"], run["status"]) == (run_id, "completed")


def test_tls_and_a_server_that_only_checks(installation: Installation, certificate: Path) -> None:
    settings = {"certificate": certificate}
    environment = {f"{VARIABLE}PORT": "0", f"{VARIABLE}CERTIFICATE": str(certificate)}
    with installation.start("--serve", "--json", "--dry-run", environment=environment) as server:
        address = server.event("server_started")["address"]
        port = address.split(":")[2].partition("/")[0]
        code, steps = self_test(installation, PASSWORD, port=port, **settings)
        assert (code, [step["code"] for step in steps if not step["is_ok"]]) == (ExitCode.DONE, [])
        assert {"probe_tls", "probe_import_dry"} < {step["code"] for step in steps}
        assert self_test(installation, PASSWORD, address)[1][-1]["code"] == "probe_tls_untrusted"
        assert (
            self_test(installation, PASSWORD, address.replace("https", "http"))[1][-1]["code"] == "probe_tls_expected"
        )
        server.interrupt()
        server.ended()
