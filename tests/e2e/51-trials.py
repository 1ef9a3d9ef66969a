#!/usr/bin/env python3
"""trials - two of what `make lab` does fifty times: five nodes behind links that lose a fifth of all datagrams each
way, change their ports and die for a while have what each of them added, within four minutes, and half of it within 25 s.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import weather
from nodes import Untrue

try:
    weather.run([(20, 2, 2)], int(os.environ.get("SEED", "1")), limit_s=240, promise=False, middle_s=25)
except Untrue as reason:
    sys.exit("untrue: %s" % reason)
