"""Closes what programs that have died left open."""
