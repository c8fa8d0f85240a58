"""The app as a student uses it: a real server with its worker, in a real Chromium."""
