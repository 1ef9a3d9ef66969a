#!/usr/bin/env python3
"""trials - a handful of what `make lab` does: five nodes behind links that lose a fifth of all datagrams each way, change
their ports and die for a while; the times from an add until the entry is at all five keep the promise."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import weather
from nodes import Untrue

try:
    weather.run([(20, 4, 4)], int(os.environ.get("SEED", "1")))
except Untrue as reason:
    sys.exit("untrue: %s" % reason)
