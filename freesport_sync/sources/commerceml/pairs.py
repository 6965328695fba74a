"""Pairs of property and value, as goods and offers list them."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree
from lxml.etree import _Element

from freesport_sync.sources.commerceml.elements import any_namespace, child_text, children

Pair = tuple[str | None, str | None]
"""Name or id of a property, and its value, both as written."""

_VALUE_TAG = any_namespace("Значение")
_has_more = etree.XPath("boolean(*/*[3])")


def pairs_of(element: _Element | None, name: str) -> Sequence[Pair]:
    """Return the properties of `ЗначенияСвойств` or `ХарактеристикиТовара`, one pair per value.

    Args:
        element: of a product or an offer, if any.
        name: tag with the property's name or id.
    """
    if element is None:
        return ()
    names = [part.text for part in element.iter(f"{{*}}{name}")]
    values = [part.text for part in element.iter(*_VALUE_TAG)]
    if len(names) == len(values) == len(element) and not _has_more(element):  # the form that 1C itself writes
        return list(zip(names, values, strict=True))
    return [(child_text(entry, name), value.text) for entry in element for value in children(entry, "Значение")]
