"""Speed as ratios against a bare baseline in the same run. `python -m bench` prints and writes `bench/results/`."""
