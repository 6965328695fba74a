"""`Картинка` of goods and offers."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element

from freesport_sync.commerceml.discovery import PICTURE_FOLDER
from freesport_sync.commerceml.elements import children, text_of
from freesport_sync.commerceml.reading import Reading
from freesport_sync.core.pictures import PICTURE_SUFFIXES
from freesport_sync.core.staged import StagedPicture

_PREFIX = f"{PICTURE_FOLDER}/"


def pictures_of(element: _Element, owner: str, onec_id: str, reading: Reading) -> Iterator[StagedPicture]:
    """The pictures of a record, in its order; 1C also lists manuals and the like, which are left alone.

    Args:
        element: `Товар` or `Предложение`.
        owner: `product` or `variant`.
        onec_id: its `Ид`.
        reading: where its file stands.
    """
    if not reading.wants_pictures:
        return
    for number, picture in enumerate(children(element, "Картинка")):
        path = text_of(picture).replace("\\", "/")
        if path.lower().endswith(PICTURE_SUFFIXES):
            yield StagedPicture(*reading.place, owner, onec_id, number, _below_pictures(path))


def _below_pictures(path: str) -> str:
    return path[len(_PREFIX) :] if path.lower().startswith(_PREFIX) else path
