"""The support package: what is in it, and what is not."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from freesport_sync.errors import ConfigError
from freesport_sync.services import support_run
from freesport_sync.services.support import PackedFile, SupportPackage, save_package
from tests.builders import ExportBuilder, contragent, product
from tests.program import Command, Installation
from tests.shop import Shop

SECRET = 'zebra&7 "quoted"'
PERSONAL = ("Скворцов", "skvorcov", "916-555", "9165550102", "7707083893", "Садовая")


@pytest.fixture
def with_customers(tmp_path: Path) -> Path:
    folder = tmp_path / "customers"
    export = ExportBuilder(folder)
    export.reference_data()
    export.goods(product("p9", name="Мяч футбольный"))
    export.contragents(
        contragent("c1", name="Скворцов Пётр", email="skvorcov@mail.ru", phone="+7 916-555-01-02"),
        contragent("c2", name="Скворцов Иван", email="не почта Скворцова", phone="звонить Скворцову"),
    )
    return folder


def unpacked(file: Path) -> dict[str, str]:
    with zipfile.ZipFile(file) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name).decode("utf-8-sig") for name in packed.namelist()}


def test_a_package_has_everything_about_a_run_and_nothing_private(
    command: Command, installed: Installation, with_customers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", SECRET)
    dry = command("--run", "--data-dir", with_customers, "--dry-run", "--json").events("result")[0]["run_id"]
    (installed.home / "profiles.toml").write_text(f"# password: {SECRET}\n", "utf-8")
    for number in (1, 2):
        (installed.home / f"logs/crash-20261129-12000{number}-abcd-{number}-skvorcov@mail.ru.txt").write_text(
            "in", "utf-8"
        )
    (installed.home / "logs/crash-20261129-120000-abcd-window.txt").write_text(
        f"freesport_sync 7\n\nin {SECRET}", "utf-8"
    )
    file = tmp_path / "support.zip"
    outcome = command("--support-package", dry, "--with-files", "--output", file, "--json")
    assert outcome.code == 0
    files = unpacked(file)
    assert set(files) == {line["name"] for line in outcome.events("support_file")}
    assert outcome.events("support_package_saved") == [
        {"event": "support_package_saved", "file": str(file), "size_bytes": file.stat().st_size}
    ]
    folder = f"run-{dry}"
    for name in ("contents.txt", "diagnostics.txt", "database.txt", "settings.txt", "logs/freesport_sync.log"):
        assert files[name], name
    for name in ("profiles.toml", f"{folder}/report.txt", f"{folder}/issues.csv", f"{folder}/changes.csv"):
        assert files[name], name
    assert "Мяч футбольный" in files[f"{folder}/changes.csv"]
    assert "Мяч футбольный" in next(text for name, text in files.items() if "/files/goods/" in name)
    assert "Контрагент" in next(text for name, text in files.items() if "/files/contragents/" in name)
    assert [name for name in files if "crash-" in name] == ["logs/crash-20261129-120000-abcd-window.txt"]
    assert len([name for name in files if name.startswith("logs/_")]) == 2, "names that became the same stay apart"
    assert "*" not in "".join(files)
    whole = "\n".join((*files.values(), *files))
    assert [word for word in (*PERSONAL, "zebra") if word.lower() in whole.lower()] == []
    assert installed.environment.keys() <= {"FREESPORT_SYNC_DB_PASSWORD"}
    assert all(f"={password}" not in whole for password in installed.environment.values())


def test_without_the_database_the_package_says_so(tmp_path: Path) -> None:
    file = tmp_path / "support.zip"
    unreachable = Installation(tmp_path / "home", sa.make_url("postgresql://shop:tiger@127.0.0.1:1/shop"))
    outcome = unreachable.run("--support-package", 12, "--output", file)
    assert outcome.code == 0
    files = unpacked(file)
    assert "database.txt" not in files
    assert not any(name.startswith("run-") for name in files)
    assert "127.0.0.1" in files["contents.txt"].partition("Чего здесь нет:")[2]
    assert "Чего нет в пакете" in outcome.stdout


def test_wrong_settings_do_not_keep_anybody_from_a_package(
    command: Command, installed: Installation, tmp_path: Path
) -> None:
    installed.home.mkdir(exist_ok=True)
    (installed.home / "settings.toml").write_text('[database]\nurl = "postgresql://u:lion@h/d"\nwrong = 1\n', "utf-8")
    file = tmp_path / "support.zip"
    assert command("--support-package", "--output", file).code == 0
    files = unpacked(file)
    assert "wrong = 1" in files["settings.toml"]
    assert "lion" not in "".join(files.values())
    assert "database.wrong" in files["diagnostics.txt"]


def test_a_run_that_does_not_exist_is_missing_from_the_package(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "support.zip"
    assert command("--support-package", 4711, "--output", file).code == 0
    assert "4711" in unpacked(file)["contents.txt"].partition("Чего здесь нет:")[2]


def test_files_that_are_too_large_are_refused_with_their_size(
    command: Command, dearer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = command("--run", "--data-dir", dearer, "--json").events("result")[0]["run_id"]
    monkeypatch.setattr(support_run, "FILES_BYTES", 100)
    file = tmp_path / "support.zip"
    outcome = command("--support-package", run_id, "--with-files", "--output", file, "--json")
    assert outcome.error["code"] == "support_files_too_large"
    assert outcome.code == 2
    assert not file.exists()


def test_files_that_changed_or_lie_elsewhere_are_left_out(
    command: Command, dearer: Path, stocked_shop: Shop, tmp_path: Path
) -> None:
    run_id = command("--run", "--data-dir", dearer, "--json").events("result")[0]["run_id"]
    (changed, *_, gone) = sorted(dearer.rglob("*.xml"))
    changed.write_bytes(changed.read_bytes() + b" ")
    gone.unlink()
    (tmp_path / "outside.xml").write_text("outside", "utf-8")
    hostile = "INSERT INTO freesport_sync.run_files (run_id, kind, path, size_bytes) VALUES (:id, 'goods', :path, 7)"
    stocked_shop.execute(hostile, id=run_id, path="../outside.xml")
    file = tmp_path / "support.zip"
    command("--support-package", run_id, "--with-files", "--output", file)
    files = unpacked(file)
    missing = files["contents.txt"].partition("Чего здесь нет:")[2]
    for name in (changed.name, gone.name, "../outside.xml"):
        assert name in missing
        assert not any(path.endswith(name) for path in files)
    assert "outside" not in "".join(text for name, text in files.items() if "/files/" in name)
    assert any("/files/" in name for name in files)


def test_a_zip_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    package = SupportPackage("x.zip", (PackedFile("a.txt", "a", b"new"), PackedFile("ж.txt", "b", "ж".encode())), ())
    file = tmp_path / "x.zip"
    file.write_bytes(b"old")
    assert save_package(package, file) == file.stat().st_size
    assert unpacked(file) == {"a.txt": "new", "ж.txt": "ж"}
    with pytest.raises(ConfigError) as refused:
        save_package(package, tmp_path / "missing" / "x.zip")
    assert refused.value.code == "support_not_saved"
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(ConfigError):
        save_package(package, tmp_path / "folder.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.zip", "x.zip"]
