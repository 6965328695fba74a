"""Files over SSH: host keys, login, listing, download, upload; the only package that uses paramiko."""
