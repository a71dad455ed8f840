"""What production told of itself: sizes, value-free statistics, how often what is read.

``pull`` asks a server, ``file`` writes and reads the stats file, ``steady`` keeps a nightly pull
from changing it. Lint reads the relations alone, by itself (:mod:`outofband_lint.stats`).
"""
