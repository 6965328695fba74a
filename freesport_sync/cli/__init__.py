"""The headless front."""
