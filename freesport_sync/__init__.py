"""FREESPORT sync: brings goods, prices and stocks from 1C into the shop's database."""

__version__ = "0.1.0"
"""The one place where the version is written; the newest release in CHANGELOG.md has the same."""
