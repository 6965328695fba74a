"""Who may use the exchange: addresses, passwords, login sessions."""
