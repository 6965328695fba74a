"""Icons in one colour, drawn from `resources/icons` in any size."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from freesport_sync.i18n.resources import resource


def icon(name: str, color: QColor) -> QIcon:
    """An icon for a button or a list."""
    result = QIcon()
    for ratio in (1.0, 1.5, 2.0):
        result.addPixmap(pixmap(name, color, 20, ratio))
    return result


def pixmap(name: str, color: QColor, size: int, ratio: float) -> QPixmap:
    """A picture for a delegate or a label.

    Args:
        name: of the file, without its suffix.
        color: of its lines.
        size: in logical pixels.
        ratio: device pixels per logical pixel.
    """
    return _drawn(name, color.name(), size, ratio)


def program_icon() -> QIcon:
    """The icon of the program."""
    return QIcon(str(resource("icons", "program.svg")))


@cache
def _drawn(name: str, color: str, size: int, ratio: float) -> QPixmap:
    drawing = resource("icons", f"{name}.svg").read_text(encoding="utf-8").replace("#000", color)
    pixels = round(size * ratio)
    picture = QPixmap(QSize(pixels, pixels))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture
