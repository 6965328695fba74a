"""Pure decisions: no input or output, only arguments and results."""
