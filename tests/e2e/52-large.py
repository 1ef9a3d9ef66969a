#!/usr/bin/env python3
"""large - two nodes with 100,000 records in common: nothing new is one round trip, and what differs is found by cells.
`make lab` does the same with a million."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import large
import nodes

nodes.main(lambda lab: large.run(lab, 100000, [(100, 100), (0, 100)]))
