# shellcheck shell=bash
# Builds: a preset of CMakePresets.json each.

programs=(jupyterhub jupyterhub-helper configurable-http-proxy)
compile_seconds=1200 # of one core, for the programs from nothing

# build_preset PRESET [TARGET...]
build_preset() { as_owner build_preset_here "$@"; }

build_preset_here() {
    local preset=$1 log tests=ON
    shift
    can_build_here
    log=$(log_file configure-"$preset")
    # Whoever only runs the programs needs no test library.
    [ $# = 0 ] || [ -e /usr/include/gtest/gtest.h ] || tests=OFF
    [ "$preset" = release ] || tests=
    cmake --preset "$preset" ${tests:+-D BUILD_TESTING=$tests} >"$log" 2>&1 || { cat "$log" >&2; die "cmake failed"; }
    cmake --build "build/$preset" ${@:+--target "$@"}
}

build_programs() {
    say "release build of the programs"
    [ -e build/release/bin/jupyterhub ] ||
        note "the first time about $((compile_seconds / 60 / $(nproc) + 1)) minutes with $(nproc) cores, and 400 MB of disk"
    build_preset release "${programs[@]}"
}

build() { setup_build && say "release build" && build_preset release; }
asan() { setup_build && say "sanitizer build" && build_preset asan; }

cpp_files() { git ls-files --cached --others --exclude-standard 'src/*.cpp' 'src/*.hpp' 'tests/*.cpp' 'tests/*.hpp' 'benchmarks/*.cpp'; }

format_files() { cpp_files | xargs -r clang-format-19 -i; }
