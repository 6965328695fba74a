"""What PyInstaller has put together under Wine can run on a Windows without anything installed."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from pathlib import Path

import pefile
import pytest

from tests.program import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

WINDOWS_10 = {
    *("advapi32", "authz", "bcrypt", "bcryptprimitives", "comctl32", "comdlg32", "crypt32", "d2d1", "d3d11", "d3d12"),
    *("d3d9", "dnsapi", "dwmapi", "dwrite", "dxgi", "gdi32", "icuuc", "imagehlp", "imm32", "iphlpapi", "kernel32"),
    *("mpr", "mscms", "ncrypt", "netapi32", "ntdll", "ole32", "oleaut32", "opengl32", "propsys", "rpcrt4", "secur32"),
    *("setupapi", "shell32", "shlwapi", "uiautomationcore", "user32", "userenv", "uxtheme", "version", "winhttp"),
    *("winmm", "ws2_32", "wtsapi32"),
}
"""DLLs of every Windows 10 that Qt runs on (1809); icuuc is there since 1703."""
WINE_MARK = (b"Wine builtin DLL", b"Wine placeholder DLL")


@pytest.fixture(scope="module")
def bundle(lab: Path) -> Path:
    folder = lab / "dist" / "freesport-sync"
    assert folder.exists(), "not built: python packaging/windows freeze"
    return folder


@pytest.fixture(scope="module")
def binaries(bundle: Path) -> list[Path]:
    return [path for path in bundle.rglob("*") if path.suffix.lower() in {".dll", ".exe", ".pyd"}]


def test_needs_only_what_windows_10_has(binaries: list[Path]) -> None:
    inside = {path.name.lower() for path in binaries}
    missing = defaultdict(list)
    for path in binaries:
        for name in imported(path) - inside:
            if name.removesuffix(".dll") not in WINDOWS_10 and not name.startswith("api-ms-win-"):
                missing[name].append(path.name)
    assert missing == {}


def imported(path: Path) -> set[str]:
    """The DLLs that a program or DLL is linked to, in lower case."""
    with pefile.PE(str(path), fast_load=True) as image:
        assert image.FILE_HEADER.Machine == pefile.MACHINE_TYPE["IMAGE_FILE_MACHINE_AMD64"], path
        kinds = ("IMPORT", "DELAY_IMPORT")
        image.parse_data_directories([pefile.DIRECTORY_ENTRY[f"IMAGE_DIRECTORY_ENTRY_{kind}"] for kind in kinds])
        tables = [getattr(image, f"DIRECTORY_ENTRY_{kind}", []) for kind in kinds]
        return {entry.dll.decode("ascii").lower() for table in tables for entry in table}


def test_carries_nothing_of_wine(binaries: list[Path]) -> None:
    assert [path.name for path in binaries if any(mark in path.read_bytes()[:4096] for mark in WINE_MARK)] == []
    assert "icuuc.dll" not in {path.name.lower() for path in binaries}  # our stand-in


def test_carries_the_runtime_of_c(binaries: list[Path]) -> None:
    assert {"vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll"} <= {path.name.lower() for path in binaries}


def test_packages_have_the_versions_of_pyproject(bundle: Path) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = dict(pin.split("==") for pin in settings["tool"]["uv"]["constraint-dependencies"])
    versions = [path.name.removesuffix(".dist-info").rsplit("-", 1) for path in bundle.rglob("*.dist-info")]
    named = {name.replace("_", "-").lower(): version for name, version in versions}
    assert named
    assert {name: version for name, version in named.items() if pins.get(name, version) != version} == {}
