"""Sources of data from outside the shop, read into rows."""
