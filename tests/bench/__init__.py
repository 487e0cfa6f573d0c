"""Figures, as ratios within one run: ``make bench``. Absolute times of shared machines mean little."""
