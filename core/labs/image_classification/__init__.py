"""See core.labs."""
