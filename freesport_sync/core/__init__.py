"""The pure vocabulary of the program: no input, no output, no database, no Qt."""
