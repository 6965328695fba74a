"""What the fronts ask besides running something."""
