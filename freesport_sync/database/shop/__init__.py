"""The tables of the shop: what they must look like, and their creation in a database of our own."""
