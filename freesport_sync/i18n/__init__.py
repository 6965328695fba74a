"""Texts for people in their language, and the files of `resources/`."""
