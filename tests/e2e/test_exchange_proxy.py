"""The guide's example for nginx: nginx takes it, and an exchange goes through it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.builders import product
from tests.e2e.serving import Server, import_xml, offers_xml, price, serving
from tests.program import ROOT
from tests.shop import Shop
from tests.tls import certificate
from tests.watching import wait_until

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx here")
AROUND = """
{user}daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{server}
}}
"""


def example() -> str:
    found = re.search(r"```nginx\n(.*?)```", (ROOT / "docs" / "guide.ru.md").read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@contextmanager
def proxied(server: Server, folder: Path) -> Iterator[int]:
    """nginx in front of a server; gives its port."""
    folder.mkdir()
    file = certificate(folder / "certificate.pem")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = example()
    for written, ours in (
        ("listen 443 ", f"listen 127.0.0.1:{port} "),
        ("/etc/ssl/shop.example.ru.pem", str(file)),
        ("/etc/ssl/shop.example.ru.key", str(file)),
        ("127.0.0.1:8180", f"127.0.0.1:{server.port}"),
    ):
        assert written in text
        text = text.replace(written, ours)
    user = "user root;\n" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(AROUND.format(user=user, folder=folder, server=text))
    command = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as nginx:
        try:
            wait_until(lambda: _answers(port))
            yield port
        finally:
            nginx.terminate()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_an_exchange_goes_through_nginx(stocked_shop: Shop, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"proxies": '["127.0.0.1"]', "zip": "false", "file_limit_mb": 4}
    folder = tmp_path / "nginx"
    with serving(stocked_shop.url, tmp_path / "home", **settings) as server, proxied(server, folder) as port:
        tls = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
        with server.standard() as onec:
            onec.port, onec.path, onec.tls = port, "/1c_exchange.php", tls
            onec.headers = {"X-Forwarded-For": "203.0.113.9"}  # nobody chooses his own address
            goods = import_xml(product("k", description="д" * 3_000_000))  # more than a proxy takes by itself
            answers = onec.send_batch({"import.xml": goods, "offers.xml": offers_xml({"k#c": 170})})
        assert {answer.text for answer in answers.values()} == {"success"}
        assert server.program.event("request", mode="import")["address"] == "127.0.0.1"
    assert price(stocked_shop, "k") == 170
