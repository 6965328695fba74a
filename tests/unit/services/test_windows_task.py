"""The description of a task is what Task Scheduler reads: UTF-16, every name as it is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

from freesport_sync.services.windows_task import ENCODING, DailyTask

SPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
TASK = DailyTask(
    [r"C:\Users\Иван & Ко\Programs\app\freesport-sync-window.exe", "--run", "--home", r"D:\Данные <1С>\x"],
    datetime(2026, 11, 30, 3, 30),
    r"FIRMA\иванов",
    "Импорт «1С» & <всё>",
)


def read_back(task: DailyTask, folder: Path) -> ElementTree.Element:
    file = folder / "task.xml"
    file.write_text(task.to_xml(), encoding=ENCODING)
    assert file.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff"), "schtasks wants the mark"
    return ElementTree.fromstring(file.read_bytes())


def test_names_survive(tmp_path: Path) -> None:
    root = read_back(TASK, tmp_path)
    found = {one.tag.removeprefix(SPACE): one.text for one in root.iter()}
    assert found["Command"] == TASK.command[0]
    assert found["Arguments"] == r'--run --home "D:\Данные <1С>\x"'
    assert found["UserId"] == r"FIRMA\иванов"
    assert found["Description"] == "Импорт «1С» & <всё>"
    assert found["StartBoundary"] == "2026-11-30T03:30:00"


def test_it_needs_no_rights_and_misses_no_day(tmp_path: Path) -> None:
    root = read_back(TASK, tmp_path)
    found = {one.tag.removeprefix(SPACE): one.text for one in root.iter()}
    assert found["LogonType"] == "InteractiveToken"
    assert found["RunLevel"] == "LeastPrivilege"
    assert found["StartWhenAvailable"] == "true"
    assert found["DisallowStartIfOnBatteries"] == found["StopIfGoingOnBatteries"] == "false"
    assert found["MultipleInstancesPolicy"] == "IgnoreNew"
    assert [one.tag.removeprefix(SPACE) for one in root] == [
        "RegistrationInfo",
        "Triggers",
        "Principals",
        "Settings",
        "Actions",
    ], "the schema wants this order"
