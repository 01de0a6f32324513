# shellcheck shell=bash
# Packages: which ones each purpose needs, and their installation with a word about cost and progress.

# The programs. ccache because it cannot join later without compiling everything again.
compile_packages=(
    clang-19 lld-19 ninja-build ccache cmake pkg-config
    libboost1.81-dev libssl-dev libsoci-dev libsqlite3-dev libspdlog-dev libfmt-dev nlohmann-json3-dev
    libcurl4-openssl-dev libidn2-dev libpam0g-dev prometheus-cpp-dev libcli11-dev libpcre2-dev libseccomp-dev
)
# What developers build and check besides: unit tests, sanitizers, style.
developer_packages=(libgtest-dev libgmock-dev libclang-rt-19-dev llvm-19 clang-tidy-19 clang-format-19 git)
run_packages=(jupyterhub jupyter-notebook python3-ipykernel openssl)
test_packages=(
    python3-pytest python3-pytest-timeout python3-pytest-xdist python3-requests python3-websocket python3-jinja2
    chromium nodejs sqlite3 curl file dpkg-dev systemd dbus procps iproute2 shellcheck
)
package_packages=(dpkg-dev fakeroot file)

setup_compile() { setup_packages; }
setup_build() { setup_packages "${developer_packages[@]}"; }
setup_run() { setup_packages "${run_packages[@]}"; }
setup_package() { setup_packages "${package_packages[@]}"; }
setup_test() {
    setup_packages "${developer_packages[@]}" "${run_packages[@]}" "${test_packages[@]}" "${package_packages[@]}"
    as_owner node_modules all
}

setup_packages() { # PACKAGES... beside those that compiling takes
    local packages=("${compile_packages[@]}" "$@")
    command -v npm >/dev/null || packages+=(npm) # other distributions of Node.js bring their own
    install_packages "${packages[@]}"
    as_owner node_modules
}

# Bootstrap, which becomes part of the hub; with `all` the driver of the browser tests, too.
node_modules() { # [all]
    local stamp=node_modules/.installed-from
    cmp -s package-lock.json $stamp || { [ "${1:-}" != all ] && cmp -s package-lock.json $stamp-without-tests; } && return
    say "node modules"
    [ "${1:-}" = all ] || set -- --omit=dev
    npm ci "${@/#all/--include=dev}" --loglevel=error --no-audit --no-fund >&2 || die "npm could not fetch what package-lock.json names (see above)"
    if [ "$1" = all ]; then cp package-lock.json $stamp; else cp package-lock.json $stamp-without-tests; fi
}

setup() { # [WHAT]
    case ${1:-test} in
        run) setup_run ;;
        build) setup_build ;;
        package) setup_package ;;
        test) setup_test ;;
        *) die "setup: '$1' is none of run, build, package, test" ;;
    esac
}

# ------------------------------------------------------------------------------------------------------------------ apt

# Names of the packages given that are not installed.
missing_packages() {
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii  *//p' || true)
    printf '%s\n' "$@" | sort -u | grep -vxF -e "$installed" || true
}

right_machine() {
    local name=unknown arch
    # shellcheck source=/dev/null
    name=$(. /etc/os-release 2>/dev/null && printf '%s:%s:%s' "${ID:-}" "${VERSION_ID:-}" "${PRETTY_NAME:-}") || true
    arch=$(dpkg --print-architecture 2>/dev/null || uname -m)
    [[ $name == debian:12:* && $arch == amd64 ]] ||
        die "this needs Debian 12 (bookworm) on amd64; here is ${name#*:*:} on $arch. A container will do: docker run -it -p 8000:8000 debian:12"
}

apt_get() { as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -o DPkg::Lock::Timeout=600 "$@" </dev/null; }

# "204 MB to fetch, 1,055 MB of disk"
cost_of() {
    LC_ALL=C apt-get -o Debug::NoLocking=1 --no-install-recommends --assume-no install "$@" 2>/dev/null |
        sed -n -E 's/^Need to get ([^/]*)(\/.*)? of archives.*/\1 to fetch/p; s/^After this operation, (.*) of additional.*/\1 of disk/p' |
        paste -sd, | sed 's/,\([0-9]* [kMG]\?B of\)/, \1/'
}

update_lists() { # LOG PACKAGES...
    local log=$1
    shift
    apt_get -q update --error-on=any >"$log" 2>&1 && return
    grep '^[EW]:' "$log" | head -3 >&2 || true
    grep -qE '^(Get|Hit):' "$log" || die "no package list could be fetched. Is there a network? (everything apt said: $log)"
    # A source that is broken need not be one that matters here.
    [ "$(LC_ALL=C apt-cache policy "$@" | grep -c 'Candidate: [^(]')" = $# ] ||
        die "apt does not know all of: $*. Is bookworm among its sources? (everything apt said: $log)"
    note "not every package list could be fetched; going on with those that are here"
}

# Of apt's status lines each fifth of the way becomes a short line; all the rest goes to the log.
show_progress() { # LOG
    local line kind percent last=
    while IFS= read -r line; do
        IFS=: read -r kind _ percent _ <<<"$line"
        percent=$((10#0${percent%%[!0-9]*} / 20 * 20))
        case $kind in
            dlstatus) kind=fetched ;;
            pmstatus) kind=installed ;;
            *) printf '%s\n' "$line" >>"$1"; continue ;;
        esac
        [ "$last" = "$kind $percent" ] || [ $percent = 0 ] || note "$kind $percent %"
        last="$kind $percent"
    done
}

# Debian's own hub is wanted for its single-user server only: its service must not take port 8000, not even for a moment.
without_debians_hub() { # COMMAND...
    if dpkg-query -W -f '${db:Status-Abbrev}' jupyterhub 2>/dev/null | grep -q ^ii || ! command -v systemctl >/dev/null; then
        "$@"
        return
    fi
    local status=0 runs=false
    [ -d /run/systemd/system ] && runs=true
    ! $runs || as_root systemctl mask --quiet --runtime jupyterhub.service || true
    "$@" || status=$?
    ! $runs || as_root systemctl unmask --quiet --runtime jupyterhub.service || true
    as_root systemctl disable --quiet jupyterhub.service 2>/dev/null || true
    return $status
}

install_packages() {
    local missing log
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -eq 0 ] && return
    right_machine
    need_root "installing Debian packages" "setup run"
    log=$(mktemp /tmp/dev-apt.XXXXXX)
    say "package lists"
    update_lists "$log" "${missing[@]}"
    say "installing ${missing[*]}"
    note "with what they need: $(cost_of "${missing[@]}")"
    without_debians_hub apt_get -o APT::Status-Fd=1 install -y --no-install-recommends "${missing[@]}" 2>&1 | show_progress "$log" || {
        grep '^E:' "$log" | head -3 >&2 || true
        die "apt-get could not install that. Is there a network, and room on the disk? (everything apt said: $log)"
    }
    rm -f "$log"
}
