"""Which models exist, where their weights come from, and which one is loaded."""
