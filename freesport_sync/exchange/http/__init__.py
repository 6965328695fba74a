"""The HTTP side of the exchange: connections, requests, replies."""
