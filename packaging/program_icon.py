"""Draws resources/icons/program.ico from program.svg: `python packaging/program_icon.py` when the drawing has changed.

Windows picks the size that fits; small ones are bitmaps, because some parts of Windows read PNG only at 256.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ICONS = Path(__file__).parents[1] / "resources" / "icons"
BITMAPS = (16, 20, 24, 32, 40, 48, 64)
PNG = 256


def main() -> None:
    """Write the file."""
    application = QGuiApplication([])
    drawing = QSvgRenderer(str(ICONS / "program.svg"))
    assert drawing.isValid()
    images = [(size, _bitmap(_drawn(drawing, size))) for size in BITMAPS]
    images.append((PNG, _png(_drawn(drawing, PNG))))
    (ICONS / "program.ico").write_bytes(_icon(images))
    application.shutdown()


def _drawn(drawing: QSvgRenderer, size: int) -> QImage:
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    drawing.render(painter)
    painter.end()
    return image


def _bitmap(image: QImage) -> bytes:
    """A DIB: its header with twice the height, rows from below, then a mask that says nothing."""
    size = image.width()
    rows = [bytes(image.constScanLine(row))[: size * 4] for row in reversed(range(size))]
    mask = bytes((size + 31) // 32 * 4 * size)
    pixels = b"".join(rows)
    return struct.pack("<IiiHHIIiiII", 40, size, size * 2, 1, 32, 0, len(pixels), 0, 0, 0, 0) + pixels + mask


def _png(image: QImage) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(data.data())


def _icon(images: list[tuple[int, bytes]]) -> bytes:
    """The table of contents, then the images."""
    offset = 6 + 16 * len(images)
    entries = b""
    for size, data in images:
        side = size % 256  # 0 stands for 256
        entries += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(data), offset)
        offset += len(data)
    return struct.pack("<HHH", 0, 1, len(images)) + entries + b"".join(data for _, data in images)


if __name__ == "__main__":
    main()
