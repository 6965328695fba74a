"""The bill of materials (CycloneDX) of a frozen program, and the licences of what it is made of as one text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component as Material
from cyclonedx.model.component import ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from freesport_sync.services.licences import PROGRAM, Component


class InvalidSbom(Exception):
    """The bill of materials does not fit the schema."""


def bill_of_materials(components: Sequence[Component], bundle: Path, version: str, day: date) -> str:
    """The bill as JSON, checked against the schema; the same for the same program.

    Args:
        components: of the program.
        bundle: the folder with its libraries; bills that libraries bring along become part of it.
        version: of the program.
        day: of the release.

    Raises:
        InvalidSbom: it does not fit the schema.
    """
    program = Material(name=PROGRAM, version=version, type=ComponentType.APPLICATION, bom_ref=f"{PROGRAM}@{version}")
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, f"{PROGRAM}/{version}/{bundle.parent.name}"))
    bom.metadata.component = program
    bom.metadata.timestamp = datetime.combine(day, time(), UTC)
    materials = {one.name: _material(one) for one in components}
    for one in components:
        owner = materials.get(one.within)
        (owner.components if owner is not None else bom.components).add(materials[one.name])
        if not one.within:
            materials[one.name].components.update(_inside(bundle, one))
    bom.register_dependency(program, [material for name, material in materials.items() if material in bom.components])
    text = JsonV1Dot6(bom).output_as_string(indent=2)
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if problem is not None:
        raise InvalidSbom(str(problem))
    return text


def licence_text(components: Iterable[Component]) -> str:
    """All components with their terms, then every text once, below the names that it is for."""
    head, texts = [], dict[str, list[str]]()
    for one in components:
        place = f"; may be replaced: {one.replaced}" if one.replaced else ""
        homepage = f"; {one.homepage}" if one.homepage else ""
        within = f"; inside of {one.within}" if one.within else ""
        head.append(f"{one.name} {one.version}".rstrip() + f": {one.licence}{homepage}{within}{place}")
        texts.setdefault(one.read_texts(), []).append(one.name)
    line = "=" * 100
    return "\n".join([*head, *(f"\n{line}\n{', '.join(names)}\n{line}\n\n{text}" for text, names in texts.items()), ""])


def _material(one: Component) -> Material:
    is_library = not one.within and not one.homepage.startswith(("https://www.python.org", "https://pyinstaller.org"))
    pages = [one.homepage] if one.homepage else []
    return Material(
        name=one.name,
        version=one.version or None,
        type=ComponentType.LIBRARY,
        bom_ref=f"{one.within}/{one.name}@{one.version}",
        purl=PackageURL("pypi", None, one.name, one.version) if is_library and one.version else None,
        licenses=[LicenseFactory().make_from_string(one.licence)],
        external_references=[ExternalReference(type=ExternalReferenceType.WEBSITE, url=XsUri(page)) for page in pages],
    )


def _inside(bundle: Path, one: Component) -> list[Material]:
    """What a library's own bills say is inside of it, for example libraries of Rust."""
    found = {}
    for file in sorted(bundle.glob(f"{one.name.replace('-', '_')}-{one.version}.dist-info/sboms/*.json")):
        for entry in json.loads(file.read_text(encoding="utf-8")).get("components", ()):
            key = f"{one.name}/{entry['name']}@{entry.get('version', '')}"
            if entry["name"].replace("_", "-") != one.name:
                found[key] = Material(
                    name=entry["name"],
                    version=entry.get("version"),
                    type=ComponentType.LIBRARY,
                    bom_ref=key,
                    purl=PackageURL.from_string(entry["purl"]) if "purl" in entry else None,
                    licenses=[LicenseFactory().make_from_string(words) for words in _licences(entry)],
                )
    return list(found.values())


def _licences(entry: dict[str, Any]) -> list[str]:
    """The licence of an entry of a bill: an expression, or ids and names that all apply."""
    stated = [
        line.get("expression") or line["license"].get("id", line["license"].get("name"))
        for line in entry.get("licenses", ())
    ]
    return [" AND ".join(stated)] if stated else []
