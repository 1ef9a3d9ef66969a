#!/bin/sh
# bench_golden - how much of the golden set of searches is found: search.golden_recall, as its unit test counts it.
"$1/unit/search/test_golden" 2>/dev/null | sed -n 's/^\(search.golden_recall .*\)$/\1 x/p'
