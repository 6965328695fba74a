"""Plays a small exchange against a running server, as 1C would."""
