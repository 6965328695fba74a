"""What worker processes do: take tasks from the queue, run them, and start what schedules say."""
