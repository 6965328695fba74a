"""What happens to a shop when the program is treated badly."""
