"""Reads 1C's CommerceML files into rows; the only package that reads XML."""
