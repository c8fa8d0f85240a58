"""The question bank and how answers are marked."""
