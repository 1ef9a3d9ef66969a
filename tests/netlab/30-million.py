#!/usr/bin/env python3
"""million - two nodes with 1,000,000 records in common, of organisations that may have 200,000 each: nothing new is one
round trip, and 10, 100, 1,000 that differ, on one side or on both, are found by cells. COUNT=N for fewer in common."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import large
import nodes

COUNT = int(os.environ.get("COUNT", "1000000"))

nodes.main(lambda lab: large.run(lab, COUNT, [(10, 10), (100, 100), (1000, 1000), (0, 10), (0, 100), (0, 1000),
                                              (100, 0)]))
