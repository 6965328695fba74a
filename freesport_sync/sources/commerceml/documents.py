"""Documents of orders, as 1C receives them."""

from __future__ import annotations

from xml.etree import ElementTree  # of the standard library, so that the exchange's self-test need not load lxml


def count_documents(body: bytes) -> int:
    """Count the documents in a reply to `mode=query`.

    Raises:
        ValueError: not XML, or with a DOCTYPE, which could refer to other files.
    """
    if b"<!DOCTYPE" in body:
        raise ValueError("DOCTYPE")
    try:
        return len(ElementTree.fromstring(body))
    except (ElementTree.ParseError, LookupError) as error:
        raise ValueError(str(error)) from error
