"""The database: the only place where jobs, runs, answers and people are kept."""
