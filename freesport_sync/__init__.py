"""FREESPORT sync: brings goods, prices and stocks from 1C into the shop's database."""

__version__ = "0.1.0"
