"""What the tests about pictures share: files of an export, and what a run made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from freesport_sync.core.events import IssuesFound
from freesport_sync.core.run import RunReport
from freesport_sync.core.shop import Entity
from tests.builders import ExportBuilder, offer, product
from tests.integration.support import counts
from tests.shop import Shop

SMALL, MEDIUM, LARGE = 8 * 1024 - 1, 8 * 1024, 100 * 1024
BASE = "SELECT base_images FROM products WHERE onec_id = :id"
VARIANT = "SELECT main_image, gallery_images FROM product_variants WHERE onec_id = :id"


def put(export: ExportBuilder, name: str, size: int = MEDIUM, place: str = "goods/import_files") -> Path:
    """A picture file of the export: `01/a.jpg`."""
    return export.write(f"{place}/{name}", b"x" * size)


def pictured(onec_id: str, *names: str, **options: Any) -> str:
    """A product whose pictures are `01/a.jpg` and so on."""
    return product(onec_id, pictures=[f"import_files/{name}" for name in names], **options)


def pictured_offer(onec_id: str, *names: str) -> str:
    return offer(onec_id, pictures=[f"import_files/{name}" for name in names])


def run(shop: Shop, export: ExportBuilder, media: Path | None, **options: Any) -> RunReport:
    return shop.run(export.folder, media_root=media, **options)


def files_of(media: Path) -> set[str]:
    return {path.relative_to(media).as_posix() for path in media.rglob("*") if path.is_file()}


def base(*names: str) -> list[str]:
    return [f"products/base/{name}" for name in names]


def issues(shop: Shop) -> dict[str, list[str]]:
    """Issue code -> values, of the last run."""
    found: dict[str, list[str]] = {}
    for event in shop.events:
        for issue in event.issues if isinstance(event, IssuesFound) else ():
            found.setdefault(issue.code, []).append(issue.value)
    return found


def picture_counts(report: RunReport) -> tuple[int, int, int, int, int]:
    return counts(report, Entity.PICTURE)
