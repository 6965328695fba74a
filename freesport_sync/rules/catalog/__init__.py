"""Decisions about goods: categories, brands, attributes, price types, pictures."""
