"""What the fronts need besides running tasks."""
