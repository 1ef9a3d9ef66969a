#!/usr/bin/env python3
"""weather - five nodes at 0, 5, 20 and 40 % loss with rebinding and outages: how long an entry takes to reach all of them.

50 trials of five entries at 20 %; SEED=N begins elsewhere, TRIALS=N for fewer at 20 %.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import weather
from nodes import Untrue

TRIALS = int(os.environ.get("TRIALS", "50"))

try:
    weather.run([(0, 10, 2), (5, 10, 2), (20, TRIALS, 5), (40, 10, 5)], int(os.environ.get("SEED", "1")))
except Untrue as reason:
    sys.exit("untrue: %s" % reason)
