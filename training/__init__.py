"""How the embedded twins came to be: what writes their data, trains them and judges them. `make train` repeats it."""
