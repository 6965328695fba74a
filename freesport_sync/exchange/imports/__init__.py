"""How uploaded files get into the shop."""
