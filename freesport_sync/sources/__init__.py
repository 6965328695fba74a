"""What is brought from outside, as rows."""
