# shellcheck shell=bash
# `package`: the Debian package, of the programs alone. Its version grows with each commit (cmake/PackageVersion.cmake).

package() {
    setup_package
    build_programs
    as_owner make_package
    say "install it, or update to it, here or on another Debian 12"
    note "sudo apt install $(ls ./build/release/jupyterhub-native_*.deb)"
}

make_package() {
    local epoch
    epoch=$(git -c safe.directory="$root" log -1 --format=%ct 2>/dev/null) && export SOURCE_DATE_EPOCH=$epoch
    rm -f build/release/jupyterhub-native_*.deb # the line that installs names them by a pattern
    (cd build/release && cpack -G DEB)
}
