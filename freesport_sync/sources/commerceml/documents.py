"""Documents of orders, as 1C receives them."""

from __future__ import annotations

from xml.etree import ElementTree  # of the standard library: whoever only tests the exchange need not load lxml


def count_documents(body: bytes) -> int:
    """How many documents an answer to `mode=query` holds.

    Raises:
        ValueError: it is not XML, or has a document type, which may name other files.
    """
    if b"<!DOCTYPE" in body:
        raise ValueError("DOCTYPE")
    try:
        return len(ElementTree.fromstring(body))
    except (ElementTree.ParseError, LookupError) as error:
        raise ValueError(str(error)) from error
