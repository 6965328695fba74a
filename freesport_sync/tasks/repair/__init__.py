"""Different creation times for products that were created at the same moment (PRODUCT-8)."""
