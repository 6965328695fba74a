"""What the program is made of, and under which licences: libraries of Python and what these bring with them.

A library's own licence lies beside it, in the environment as in the frozen program; what is missing there is in
`resources/licences/components.toml`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import Any

from freesport_sync.i18n.resources import resource

PROGRAM = "freesport-sync"
VERSIONS = "versions.toml"
"""Beside components.toml in a frozen program: versions that only the libraries themselves know."""
_TEXT_NAME = re.compile(r"LICEN[CS]E|COPYING|NOTICE|THIRD_PARTY", re.IGNORECASE)
_REQUIRED = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class Component:
    """Something of others in the program.

    Attributes:
        name: of a library as the package index knows it, or of what is inside of one.
        version: empty: unknown.
        licence: an SPDX expression where there is one.
        homepage: also the way to its sources; empty: it names none.
        within: the library that brings it; empty: it is one itself, or belongs to every frozen program.
        replaced: a file or folder of the installed program that somebody may replace, as the LGPL wants; empty: none.
        texts: files with the full text of the licence.
    """

    name: str
    version: str
    licence: str
    homepage: str
    within: str = ""
    replaced: str = ""
    texts: tuple[Path, ...] = ()

    def read_texts(self) -> str:
        """The full texts, one below the other."""
        return "\n\n".join(text.read_text(encoding="utf-8", errors="replace").strip() for text in self.texts)


def bundle_folder() -> Path | None:
    """The folder with the libraries of the running program if it is frozen, else None."""
    folder = getattr(sys, "_MEIPASS", None)
    return Path(folder) if folder is not None else None


def list_components(bundle: Path | None = None, system: str = sys.platform) -> tuple[Component, ...]:
    """Everything that is in the program, by name.

    Args:
        bundle: the folder with the libraries of a frozen program, perhaps of another system; None: the environment that
            this program runs in.
        system: that the program is for, as in `sys.platform`.
    """
    notes = resource("licences")
    known = tomllib.loads((notes / "components.toml").read_text(encoding="utf-8"))
    found = _installed([bundle]) if bundle else _required(_installed([Path(place) for place in sys.path]))
    libraries = {name: _library(name, one, known["library"].get(name, {}), notes) for name, one in found.items()}
    inner = [
        _inner(name, entry, libraries, notes)
        for name, entry in known["component"].items()
        if system in entry.get("systems", (system,)) and (entry["within"] in libraries if "within" in entry else bundle)
    ]
    versions = _versions(bundle)
    every = [replace(one, version=versions.get(one.name, one.version)) for one in (*libraries.values(), *inner)]
    return tuple(sorted(every, key=lambda one: one.name.lower()))


def _installed(places: list[Path]) -> dict[str, Path]:
    """The metadata folders of all libraries; of two versions the first counts, as for an import."""
    found: dict[str, Path] = {}
    for place in places:
        for folder in sorted(place.glob("*.dist-info")):
            found.setdefault(_normal(folder.name.partition("-")[0]), folder)
    return found


def _required(installed: dict[str, Path]) -> dict[str, Path]:
    """Of what is installed, the libraries that the program needs; developers have more."""
    found: dict[str, Path] = {}
    waiting = [PROGRAM]
    while waiting:
        name = waiting.pop()
        if name in found or name not in installed:
            continue
        found[name] = installed[name]
        for line in PathDistribution(installed[name]).requires or ():
            required = _REQUIRED.match(line)
            if required is not None and (name == PROGRAM or "extra ==" not in line):
                waiting.append(_normal(required[0]))
    found.pop(PROGRAM, None)
    return found


def _library(name: str, folder: Path, known: dict[str, Any], notes: Path) -> Component:
    metadata = PathDistribution(folder).metadata
    field = {name: (metadata.get_all(name) or [""])[0] for name in ("License-Expression", "License", "Home-page")}
    stated = field["License-Expression"] or field["License"].partition("\n")[0]
    classified = [line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier", []) if "License ::" in line]
    return Component(
        name,
        metadata["Version"],
        known.get("licence") or stated or ", ".join(words.removesuffix(" License") for words in classified),
        _homepage(field["Home-page"], metadata.get_all("Project-URL", [])),
        replaced=known.get("replaced", ""),
        texts=(*_texts_beside(folder), *(notes / f"{text}.txt" for text in known.get("texts", ()))),
    )


def _inner(name: str, entry: dict[str, Any], libraries: dict[str, Component], notes: Path) -> Component:
    within = entry.get("within", "")
    beside = {f"{within}/{text.name}": text for text in libraries[within].texts} if within else {}
    return Component(
        name,
        "",
        entry["licence"],
        entry["homepage"],
        within,
        entry.get("replaced", ""),
        tuple(beside.get(text, notes / f"{text}.txt") for text in entry["texts"]),
    )


def _texts_beside(folder: Path) -> Iterator[Path]:
    files = (*folder.iterdir(), *(folder / "licenses").rglob("*"))
    yield from sorted(file for file in files if _TEXT_NAME.match(file.name) and file.is_file())


def _homepage(own: str, links: list[str]) -> str:
    """A library's page: the oldest field, or the first link that is one."""
    named = {key.strip().lower(): url.strip() for key, _, url in (link.partition(",") for link in links)}
    wanted = ("homepage", "source", "source code", "repository", "github", "documentation")
    return own or next((named[name] for name in wanted if name in named), "")


def _versions(bundle: Path | None) -> dict[str, str]:
    file = (bundle / "freesport_sync" / "resources" if bundle else resource()) / "licences" / VERSIONS
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
