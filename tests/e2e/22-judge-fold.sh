#!/bin/sh
# judge-fold - what the search makes of letters, against Unicode data that are not ours; and of forms of words,
# against the golden set.
. "$(dirname "$0")/lib/nodes.sh"
needs python3

for what in letters stems; do
	is "$what: $(python3 "$here/tests/e2e/lib/judge_fold.py" $what "$bin/e2e/fold_lines" | cut -c -200 | head -n 1)" \
	    python3 "$here/tests/e2e/lib/judge_fold.py" $what "$bin/e2e/fold_lines"
done
