"""Small helpers around lxml's elements; every name is a local one, because 1C's namespaces vary (XML-1)."""

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
"""`{urn:1C.ru:commerceml_3}Товар` -> `Товар`, remembered: a file has few different tags and very many elements."""


def any_namespace(*names: str) -> tuple[str, ...]:
    """Tags for lxml's `iter` and `iterchildren` that match these local names whatever the namespace."""
    return tuple(f"{{*}}{name}" for name in names)


_LISTS = (
    *("Группы", "Цены", "Остатки", "ЗначенияСвойств", "ХарактеристикиТовара"),
    *("ЗначенияРеквизитов", "СтавкиНалогов"),
)
"""Elements that hold any number of others, and that some programs write once for each of these."""


def fields_of(element: _Element) -> dict[str, _Element]:
    """The children by local name; of several with one name the last, which of lists gets what is in the others."""
    fields = {LOCAL_NAME[child.tag]: child for child in element}
    if len(fields) != len(element):
        _join_lists(element, fields)
    return fields


def _join_lists(element: _Element, fields: dict[str, _Element]) -> None:
    """Join lists that follow each other (XML-2); only these: looking for others costs as much as `fields_of`."""
    for name in _LISTS:
        last = fields.get(name)
        while last is not None and (other := last.getprevious()) is not None and other.tag == last.tag:
            last[:0] = other[:]
            element.remove(other)


def text_of(element: _Element | None) -> str:
    """Trimmed text of an element; empty where there is none."""
    return "" if element is None else trim(element.text)


def children(element: _Element | None, name: str) -> Iterator[_Element]:
    """The children with this local name; none where the element is missing."""
    return iter(()) if element is None else element.iterchildren(f"{{*}}{name}")


def child_text(element: _Element | None, name: str) -> str:
    """Trimmed text of the first child with this local name; empty where there is none."""
    return text_of(next(children(element, name), None))


def is_deleted(element: _Element, fields: dict[str, _Element]) -> bool:
    """Whether 1C has marked the object: `ПометкаУдаления`, or as 2.x does `Статус` (attribute or element) `Удален`."""
    mark = fields.get("ПометкаУдаления")
    if mark is not None and parse_bool(mark.text):
        return True
    status = element.get("Статус") or fields.get("Статус")
    if status is None:
        return False
    text = status if isinstance(status, str) else text_of(status)
    return text.strip().lower().replace("ё", "е") == "удален"


def catalogue_of(container: _Element | None) -> str:
    """`Ид` of the catalogue to which the `Товары`, `Предложения` or `ТипыЦен` of a file belong; empty without one.

    An offers file names it apart, or has the catalogue's id and a `#` as its own.
    """
    owner = None if container is None else container.getparent()
    if owner is None:
        return ""
    return child_text(owner, "ИдКаталога") or child_text(owner, "Ид").strip("#")
