"""Staged rows become rows of the shop: resolve, diff, apply."""
