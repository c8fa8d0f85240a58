"""How the small twins came to be: what writes their data, trains them and judges them. `make train` repeats it."""
