"""What the window says in sentences of its own: the log, the story of a run, what was changed."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from freesport_sync.core.history import (
    EntryKey,
    EntrySource,
    EntryStatus,
    HistoryDetails,
    HistoryEntry,
    IssueCount,
    StageRecord,
)
from freesport_sync.core.issues import Severity
from freesport_sync.core.log_entries import log_entry, parse_log_entry
from freesport_sync.core.run import Counts, ExportFile
from freesport_sync.core.shop import Entity
from freesport_sync.errors import (
    Cancelled,
    ConnectionFailed,
    HostKeyChanged,
    ImportFailed,
)
from freesport_sync.i18n.texts import Language
from freesport_sync.ui.entry_story import story_of
from freesport_sync.ui.log_file import read_log
from freesport_sync.ui.state import WindowState
from freesport_sync.ui.texts import UiTexts
from freesport_sync.ui.theme import Theme
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import Tools
from freesport_sync.ui.widgets.summary import summary_of
from tests.shop import Shop
from tests.ui.conftest import OpenDesk
from tests.ui.desk import texts_in

BEGAN = datetime(2026, 11, 29, 8, 3, 46, tzinfo=UTC)
COUNTS: dict[str, Counts] = {
    Entity.PRODUCT: Counts(59, 2, 10, 1),
    Entity.VARIANT: Counts(214),
    Entity.BRAND: Counts(3, 1),
}


def entry(**more: object) -> HistoryEntry:
    usual = HistoryEntry(
        EntryKey(EntrySource.RUN, 7),
        "all",
        False,
        EntryStatus.REMARKS,
        "report",
        "ivanov@PC-7",
        "PC-7",
        "window",
        BEGAN,
        BEGAN + timedelta(seconds=9),
        9.0,
        COUNTS,
        1,
        5,
        0,
        0,
    )
    return replace(usual, **more)  # type: ignore[arg-type]


def details(**more: object) -> HistoryDetails:
    one = entry(**more)
    stages = (
        StageRecord("plan", BEGAN, 1, 1),
        StageRecord("stage", BEGAN + timedelta(seconds=1), 994_200, 994_200),
        StageRecord("apply", BEGAN + timedelta(seconds=6), 214, 214),
    )
    files = tuple(ExportFile("goods", f"goods_{number}.xml", 1000, None) for number in range(12))
    issues = (IssueCount(Severity.WARNING, "quantity_negative", 5, 5),)
    return HistoryDetails(one, {}, files, stages, issues)


def local(seconds: int) -> str:
    return f"{(BEGAN + timedelta(seconds=seconds)).astimezone():%d.%m.%Y %H:%M:%S}"


def test_the_log_of_an_entry_has_stages_counts_and_local_time() -> None:
    lines = story_of(UiTexts(Language.RUSSIAN), details()).split("\n")
    assert lines == [
        f"{local(0)}  Начало: каталог и клиенты (ivanov@PC-7, PC-7, окно)",
        f"{local(1)}  Поиск файлов: завершено за 1,0 с. 12 файлов, 12,0 КБ",
        f"{local(6)}  Чтение файлов: завершено за 5,0 с. 994,2 КБ",
        f"{local(9)}  Запись изменений: завершено за 3,0 с. 214 записей",
        "                     Бренды: создано 3, изменено 1",
        "                     Товары: создано 59, изменено 2, без изменений 10, пропущено 1",
        "                     Варианты: создано 214",
        "                     Предупреждение: Отрицательный остаток — 5",
        f"{local(9)}  Конец: каталог и клиенты, выполнено за 9,0 с",
    ]


def test_the_log_of_a_failure_says_where_and_why() -> None:
    broken = details(status=EntryStatus.FAILED, counts={}, error_code="disk_full", error_params={"path": "/data"})
    lines = story_of(UiTexts(Language.RUSSIAN), broken).split("\n")
    assert lines[3] == f"{local(9)}  Запись изменений: не завершено, сделано 100 %"
    assert lines[-1] == f"{local(9)}  На диске нет места: /data. В магазине ничего не изменилось."


def test_the_log_of_an_undo_has_its_own_words() -> None:
    undo = {"kind": "restore", "undone_id": 5, "counts": {}}
    texts = UiTexts(Language.RUSSIAN)
    lines = story_of(texts, details(status=EntryStatus.COMPLETED, **undo)).split("\n")
    assert [line.partition("  ")[2].partition(":")[0] for line in lines[1:4]] == [
        "Поиск резервной копии",
        "Чтение резервной копии",
        "Возврат прежних значений",
    ]
    stopped = details(status=EntryStatus.CANCELLED, error_code="cancelled", **undo)
    told = "В магазине ничего не изменилось: импорт остался в силе."
    assert summary_of(texts, stopped)[:2] == ("Отмена импорта остановлена.", told)
    assert story_of(texts, stopped).endswith(f"Отмена импорта остановлена. {told}")


def test_the_report_of_the_shop_is_shown_by_our_clock() -> None:
    of_shop = details(key=EntryKey(EntrySource.SHOP, 3))
    shown = story_of(UiTexts(Language.RUSSIAN), replace(of_shop, report="[2026-11-29 08:03:46] Импорт начат\n"))
    assert shown == f"{local(0)}  Импорт начат"


def test_a_change_names_what_was_changed() -> None:
    texts = UiTexts(Language.RUSSIAN)
    assert (
        texts.changed(COUNTS, False, "all")
        == "создано: товаров 59, вариантов 214, прочего 3; изменено: товаров 2, прочего 1"
    )
    assert texts.changed({Entity.PRICE: Counts(0, 1)}, True, "all") == "будет изменено: цен 1"
    assert texts.changed({Entity.PRICE: Counts(unchanged=9)}, False, "all") == ""
    made: dict[str, Counts] = {
        Entity.VARIANT: Counts(148),
        Entity.DEFAULT_VARIANT: Counts(7),
        Entity.PRICE: Counts(155),
    }
    assert texts.changed(made, False, "all") == "создано: вариантов 155, цен 155", "as an undo counts them"
    back: dict[str, Counts] = {Entity.PRODUCT: Counts(updated=5, hidden=3), Entity.VARIANT: Counts(skipped=1)}
    assert texts.changed(back, True, "restore") == (
        "вернётся прежнее: товаров 2; будет скрыто: товаров 3; останется как есть: вариантов 1"
    )
    assert texts.outcome_of(entry()) == "Каталог и клиенты: загружено с замечаниями"
    dry = entry(is_dry_run=True, status=EntryStatus.COMPLETED)
    assert texts.outcome_of(dry) == "Проверка: каталог и клиенты — без замечаний"
    assert texts.entry_title(dry) == "Проверка № 7: каталог и клиенты"


def test_a_part_is_told_in_the_unit_of_the_whole() -> None:
    texts = UiTexts(Language.RUSSIAN)
    assert texts.size_of(600_000, 966_700) == "600,0 из 966,7 КБ"
    assert texts.size_of(600_000, 126_900_000) == "0,6 из 126,9 МБ"


def test_a_long_message_has_a_short_headline(theme: Theme) -> None:
    texts = UiTexts(Language.RUSSIAN)
    notice = Notice(Tools(texts, theme, cast("Any", None), WindowState(None)))
    known = {
        "host": "shop.example.ru",
        "port": 22,
        "key_type": "ssh-rsa",
        "fingerprint": "SHA256:x",
        "place": "/home/k:3",
    }
    notice.say_error(HostKeyChanged("host_key_changed", **known))
    lines = texts_in(notice).splitlines()
    assert lines[0] == "Ключ сервера shop.example.ru:22 изменился: ssh-rsa SHA256:x."
    assert lines[1] == "Прежний записан в /home/k:3."
    notice.say("bad", "Коротко. И ясно.")
    assert texts_in(notice).splitlines() == ["Коротко. И ясно."]


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def test_log_entries_are_shown_in_the_language_of_the_window() -> None:
    log, kept = logging.Logger("test"), Kept()
    log.addHandler(kept)
    lost = ConnectionFailed("connection_lost", reason="server closed the connection unexpectedly")
    log_entry(log, logging.WARNING, "database_lost", cause=lost)
    log_entry(log, logging.ERROR, "run_failed", cause=ImportFailed("no_records"), run_id=5, kind="all", is_dry_run=True)
    log_entry(log, logging.INFO, "run_completed", run_id=6, kind="all", is_dry_run=False, seconds=12.3)
    log_entry(log, logging.INFO, "run_completed", run_id=7, kind="all", is_dry_run=False, seconds=0.4)
    undo = {"run_id": 8, "kind": "restore", "is_dry_run": False, "undone_id": 7}
    log_entry(log, logging.INFO, "run_cancelled", cause=Cancelled("cancelled"), **undo)
    log_entry(log, logging.INFO, "server_started", address="http://h/x", user="1c", is_dry_run=True)
    log_entry(log, logging.ERROR, "unexpected_error", cause=ValueError("x"))
    texts = UiTexts(Language.RUSSIAN)
    assert [texts.logged(record.getMessage()) for record in kept.records] == [
        "Связь с базой потеряна. Соединение с базой потеряно: соединение оборвалось",
        "Не выполнен сеанс № 5: проверка: каталог и клиенты. В файлах выгрузки нет ни одной записи.",
        "Закончен сеанс № 6: каталог и клиенты. Выполнен за 12 с",
        "Закончен сеанс № 7: каталог и клиенты. Выполнен за 0,4 с",
        "Отменён сеанс № 8: отмена импорта № 7. Отмена импорта остановлена.",
        "Сервер 1С включён, только проверка. Адрес http://h/x, пользователь 1c",
        "Непредвиденная ошибка: передайте подробности разработчикам",
    ]
    assert kept.records[-1].exc_info is not None
    for unknown in ("plain words", "two_words {broken", 'of_a_newer_program {"x": 1}'):
        assert texts.logged(unknown) == unknown


def test_the_log_page_tells_of_imports_in_russian(
    stocked_shop: Shop, dearer: Path, open_desk: OpenDesk, tmp_path: Path
) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.choose_source(dearer)
    desk.click(desk.window.import_page.form.start)
    run_id = desk.end_of_run().snapshot.run_id
    desk.window.show_page("log")
    page = desk.window.log_page
    wanted = (
        "Начат файл журнала",
        "Запущена программа (окно)",
        "Есть связь с базой",
        f"Начат сеанс № {run_id}: ",
        f"Закончен сеанс № {run_id}: ",
    )

    def shown() -> str:
        return "\n".join(page.model.index(row, 2).data() for row in range(page.model.rowCount()))

    desk.until(lambda: all(text in shown() for text in wanted))
    told = [parse_log_entry(line.message) for line in read_log(tmp_path / "home" / "logs")]
    assert all(one is not None and desk.texts.has(f"logged.{one.code}") for one in told)
    page.text.setText("закончен сеанс")
    assert page.model.rowCount() == 1
