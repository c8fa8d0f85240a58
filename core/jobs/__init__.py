"""The queue in the database and the workers that pull from it."""
