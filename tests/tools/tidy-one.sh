#!/usr/bin/env bash
# Runs clang-tidy on one file unless the time given by TIDY_END (seconds since 1970) is over. Called by ./dev through xargs.
[ "$(date +%s)" -lt "$TIDY_END" ] || exit 0
timeout 120 clang-tidy-19 -p build/release --quiet "$1" 2>/dev/null
status=$?
[ $status = 124 ] && exit 0 # one slow file is no finding
touch "build/logs/tidy/${1//\//_}.done"
exit $((status != 0))
