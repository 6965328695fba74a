"""What 1C uploads: batches of files, each with a status, and the folder that keeps them."""
