"""Files of the server over SSH: host keys, login, listing, download, upload; the only place that knows paramiko."""
