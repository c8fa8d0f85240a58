"""People, their predictions and answers."""
