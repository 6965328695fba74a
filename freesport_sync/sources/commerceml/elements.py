"""Helpers for lxml's elements; all names are local names, because 1C's namespaces vary (XML-1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml.etree import _Element

from freesport_sync.sources.commerceml.values import parse_bool, trim


class _LocalNames(dict[Any, str]):
    def __missing__(self, tag: str) -> str:
        name = self[tag] = tag.rpartition("}")[2]
        return name


LOCAL_NAME = _LocalNames()
"""Cache of local names: `{urn:1C.ru:commerceml_3}Товар` -> `Товар`; a file has few tags and many elements."""


def any_namespace(*names: str) -> tuple[str, ...]:
    """Return tags for lxml's `iter` and `iterchildren` that match these local names in any namespace."""
    return tuple(f"{{*}}{name}" for name in names)


_LISTS = (
    *("Группы", "Цены", "Остатки", "ЗначенияСвойств", "ХарактеристикиТовара"),
    *("ЗначенияРеквизитов", "СтавкиНалогов"),
)
"""Lists that some programs repeat once per item."""


def fields_of(element: _Element) -> dict[str, _Element]:
    """Return local name -> child; of several the last one, into which lists of the same name are joined."""
    fields = {LOCAL_NAME[child.tag]: child for child in element}
    if len(fields) != len(element):
        _join_lists(element, fields)
    return fields


def _join_lists(element: _Element, fields: dict[str, _Element]) -> None:
    """Join adjacent lists of the same name (XML-2); searching for others would cost as much as `fields_of`."""
    for name in _LISTS:
        last = fields.get(name)
        while last is not None and (other := last.getprevious()) is not None and other.tag == last.tag:
            last[:0] = other[:]
            element.remove(other)


def text_of(element: _Element | None) -> str:
    """Return the trimmed text of an element; empty if there is none."""
    return "" if element is None else trim(element.text)


def children(element: _Element | None, name: str) -> Iterator[_Element]:
    """Return the children with this local name; none if the element is None."""
    return iter(()) if element is None else element.iterchildren(f"{{*}}{name}")


def child_text(element: _Element | None, name: str) -> str:
    """Return the trimmed text of the first child with this local name; empty if there is none."""
    return text_of(next(children(element, name), None))


def is_deleted(element: _Element, fields: dict[str, _Element]) -> bool:
    """Return whether an object is marked: `ПометкаУдаления`, or in 2.x `Статус` (attribute or element) `Удален`."""
    mark = fields.get("ПометкаУдаления")
    if mark is not None and parse_bool(mark.text):
        return True
    status = element.get("Статус") or fields.get("Статус")
    if status is None:
        return False
    text = status if isinstance(status, str) else text_of(status)
    return text.strip().lower().replace("ё", "е") == "удален"


def catalogue_of(container: _Element | None) -> str:
    """Return `Ид` of the catalogue of `Товары`, `Предложения` or `ТипыЦен`; empty if there is none.

    An offers file has it in an element of its own, or its own id is the catalogue's id followed by `#`.
    """
    owner = None if container is None else container.getparent()
    if owner is None:
        return ""
    return child_text(owner, "ИдКаталога") or child_text(owner, "Ид").strip("#")
