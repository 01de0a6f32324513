# shellcheck shell=bash
# `test` and `fuzz`: every suite, counted; the last line of `test` is `N passed, N failed`.

results=$root/build/test-results
shared=${SHARED_DIR:-$root/../shared} # black-box suites of the contract, when they lie beside the repository
summary=()
passed=0
failed=0
started=$SECONDS

record() { # NAME PASSED FAILED
    passed=$((passed + $2))
    failed=$((failed + $3))
    summary+=("$(printf '%-22s %5d passed %4d failed  (at %d min)' "$1" "$2" "$3" $(((SECONDS - started) / 60)))")
    echo "${summary[-1]}"
}

check() { # NAME COMMAND...: one check that succeeds or not
    local name=$1
    shift
    say "$name"
    if "$@"; then record "$name" 1 0; else record "$name" 0 1; fi
}

# Counts a report in JUnit's format; a program that died without a failed test counts as one failure.
record_report() { # NAME FILE STATUS
    local counts
    counts=$(/usr/bin/python3 tests/tools/count_report.py "$2" "$3") || counts="0 1"
    # shellcheck disable=SC2086
    record "$1" $counts
}

run_pytest() { # NAME ARGS...
    local name=$1 status=0
    shift
    say "$name"
    rm -f "$results/$name.xml"
    PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -q -p no:cacheprovider --timeout=240 -o junit_family=xunit2 \
        --junitxml="$results/$name.xml" "$@" </dev/null || status=$?
    record_report "$name" "$results/$name.xml" "$status"
}

unit_tests() { # PRESET
    local program name status
    for program in build/"$1"/bin/test_*; do
        [ -x "$program" ] || continue
        name=$1-$(basename "$program")
        say "$name"
        status=0
        rm -f "$results/$name.xml"
        timeout --kill-after=5 900 "$program" --gtest_brief=1 --gtest_output="xml:$results/$name.xml" </dev/null || status=$?
        record_report "$name" "$results/$name.xml" "$status"
    done
}

acceptance_tests() { # PRESET
    local bin=$root/build/$1/bin environment
    [ -x "$bin/jupyterhub" ] || { check "acceptance-$1: $bin/jupyterhub is built" false; return; }
    environment=("PATH=$bin:$system_path" "JUPYTERHUB_BIN=$bin" PYTHONDONTWRITEBYTECODE=1
        ASAN_OPTIONS=abort_on_error=1:detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1)
    # Accounts are made and PAM is asked: that needs root.
    # As released, all of it; instrumented, what strangers send and what outlives a program.
    local name=acceptance-$1 status=0 files=(tests/acceptance)
    [ "$1" = release ] || files=(tests/acceptance/test_{attacks,login,services,survival}.py)
    say "$name"
    as_root rm -f "$results/$name.xml"
    as_root env "${environment[@]}" /usr/bin/python3 -m pytest -q -p no:cacheprovider --timeout=300 -o junit_family=xunit2 \
        --junitxml="$results/$name.xml" "${files[@]}" </dev/null || status=$?
    record_report "$name" "$results/$name.xml" "$status"
}

# Attacks on the proxy and, through it, on a hub with dummy logins: any account may run them.
attack_tests() {
    local bin=$root/build/release/bin
    [ -x "$bin/jupyterhub" ] || { check "attacks: $bin/jupyterhub is built" false; return; }
    JUPYTERHUB_BIN=$bin run_pytest attacks tests/attacks
}

fuzz_targets=(request_head response_head body route_map connection)

fuzz_build() { setup_build && say "fuzz build" && build_preset fuzz fuzz_targets; }

# One target, from the committed corpus; what it finds stays in build/fuzz/runs, and the log of a failure is printed.
fuzz_one() { # TARGET SECONDS
    local place=build/fuzz/runs/$1
    mkdir -p "$place/corpus"
    UBSAN_OPTIONS=print_stacktrace=1 "build/fuzz/bin/fuzz_$1" -max_total_time="$2" -timeout=20 -rss_limit_mb=2048 -max_len=8192 \
        -dict=tests/fuzz/http.dict -artifact_prefix="$place/" -print_final_stats=1 "$place/corpus" "tests/fuzz/corpus/$1" \
        >"$place/log" 2>&1 && return
    tail -n 60 "$place/log"
    return 1
}

fuzz_tests() { # SECONDS
    local target i running
    fuzz_build || { check fuzz-build false; return; }
    say "fuzz: $1 seconds for each of ${fuzz_targets[*]}"
    for ((i = 0; i < ${#fuzz_targets[@]}; i += 2)); do
        running=()
        for target in "${fuzz_targets[@]:i:2}"; do
            fuzz_one "$target" "$1" &
            running+=("$target:$!")
        done
        for target in "${running[@]}"; do
            if wait "${target#*:}"; then record "fuzz-${target%:*}" 1 0; else record "fuzz-${target%:*}" 0 1; fi
        done
    done
}

browser_tests() {
    local status=0
    say "browser"
    mkdir -p build/screenshots
    as_root rm -f "$results/browser.xml"
    as_root env "PATH=$root/build/release/bin:$system_path" "JUPYTERHUB_BIN=$root/build/release/bin" PYTHONDONTWRITEBYTECODE=1 \
        "NODE=$(command -v node)" /usr/bin/python3 -m pytest -q -p no:cacheprovider --timeout=600 -o junit_family=xunit2 \
        --junitxml="$results/browser.xml" tests/browser </dev/null || status=$?
    record_report browser "$results/browser.xml" "$status"
}

# The contract's black-box suites. Tests listed in tests/conformance-expected-failures.txt may fail, all others must pass.
conformance_tests() {
    local bin=$root/build/release/bin common
    common=(-p tools.expected_failures -p tools.own_ports -n 2 --dist loadfile)
    export PYTHONPATH=$root/tests
    if [ -d "$shared/conformance" ] && [ -x "$bin/jupyterhub" ]; then
        EXPECTED_FAILURES=conformance PATH=$bin:$system_path HUB_CMD=$bin/jupyterhub HUB_PYTHON=/usr/bin/python3 HUB_WAIT=${HUB_WAIT:-20} \
            run_pytest conformance "${common[@]}" "$shared/conformance"
    fi
    if [ -d "$shared/proxyconf" ] && [ -x "$bin/configurable-http-proxy" ]; then
        EXPECTED_FAILURES=proxyconf PATH=$bin:$system_path PROXY_CMD=$bin/configurable-http-proxy \
            run_pytest proxyconf "${common[@]}" "$shared/proxyconf"
    fi
    unset PYTHONPATH
}

clang_format() {
    local wrong
    wrong=$(cpp_files | xargs -r clang-format-19 --dry-run -Werror 2>&1 | sed -n 's/^\([^: ]*\):[0-9]*:.*/\1/p' | sort -u)
    [ -z "$wrong" ] || { printf 'not in the format of the project (./dev format mends it):\n%s\n' "$wrong"; return 1; }
}

# The small lint set (.clang-tidy), most recently changed files first, as many as fit into the time given.
clang_tidy() { # MINUTES
    [ -f build/release/compile_commands.json ] || die "clang-tidy needs the release build"
    git log --format= --name-only -n 300 -- 'src/*.cpp' | awk 'NF && !seen[$0]++' | while read -r file; do
        [ -f "$file" ] && grep -qF "$root/$file" build/release/compile_commands.json && echo "$file"
    done >build/logs/tidy-files.txt || true
    TIDY_END=$((SECONDS_EPOCH + $1 * 60)) xargs -r -P "$(nproc)" -n 1 tests/tools/tidy-one.sh <build/logs/tidy-files.txt
    local all=$? looked
    looked=$(find build/logs/tidy -name '*.done' -newer build/logs/tidy-files.txt | wc -l)
    echo "clang-tidy looked at $looked of $(wc -l <build/logs/tidy-files.txt) files in the time given"
    return $all
}

style_checks() {
    check clang-format clang_format
    check shellcheck shellcheck -x dev .ci/run tests/tools/tidy-one.sh
    if [ -f build/release/compile_commands.json ]; then
        mkdir -p build/logs/tidy
        SECONDS_EPOCH=$(date +%s)
        check clang-tidy clang_tidy "${TIDY_MINUTES:-3}"
    fi
}

asan_suites() { # the same tests with instrumented programs
    asan || { check asan-build false; return; }
    unit_tests asan
    acceptance_tests asan
}

# Threads: the proxy's unit tests, two workers under load while routes come and go, handing over and limits; a build of its own, asked
# for by name.
tsan_suites() {
    local bin=$root/build/tsan/bin
    setup_build
    say "thread sanitizer build"
    build_preset tsan test_proxy configurable-http-proxy || { check tsan-build false; return; }
    export TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1"
    check tsan-test_proxy timeout --kill-after=5 600 "$bin/test_proxy" --gtest_brief=1
    JUPYTERHUB_BIN=$bin run_pytest tsan-load tests/attacks/churn.py
    check tsan-operations as_root env "PATH=$bin:$system_path" "JUPYTERHUB_BIN=$bin" PYTHONDONTWRITEBYTECODE=1 "TSAN_OPTIONS=$TSAN_OPTIONS" \
        /usr/bin/python3 -m pytest -q -p no:cacheprovider --timeout=240 tests/acceptance/test_proxy_operations.py \
        -k "not the_hub and not memory_budget" # there is no instrumented hub, and the sanitizer's own memory exceeds budgets
    unset TSAN_OPTIONS
}

run_suite() {
    case $1 in
        unit) unit_tests release ;;
        layers) run_pytest layers tests/layers ;;
        style) style_checks ;;
        acceptance) acceptance_tests release ;;
        attacks) attack_tests ;;
        browser) browser_tests ;;
        fuzz) fuzz_tests "${FUZZ_SECONDS:-60}" ;;
        tsan) tsan_suites ;;
        conformance) conformance_tests ;;
        asan) asan_suites ;;
        *) die "no suite '$1' (unit layers style acceptance attacks browser conformance fuzz asan tsan)" ;;
    esac
}

run_tests() {
    local suites=("$@") suite
    [ $# -gt 0 ] || suites=(layers unit acceptance attacks browser conformance fuzz style asan)
    setup_test
    mkdir -p "$results"
    if [ $# = 0 ] || [[ ! $* =~ ^(asan|fuzz|tsan)$ ]]; then # those have builds of their own
        say "release build"
        if build_preset release; then record release-build 1 0; else record release-build 0 1; fi
    fi
    for suite in "${suites[@]}"; do
        run_suite "$suite"
    done
    say "summary"
    printf '%s\n' "${summary[@]}"
    echo
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
