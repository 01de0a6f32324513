# shellcheck shell=bash
# What all commands of `dev` use: words for people, root where it is needed, and files that stay those of the clone's owner.

say() { printf '\n== %s\n' "$*" >&2; }
note() { printf '   %s\n' "$*" >&2; }
die() { printf 'dev: %s\n' "$*" >&2; exit 1; }

log_file() { mkdir -p build/logs && printf '%s' "build/logs/$1.log"; }

# Ends with words when root is needed for the purpose given and cannot be had.
need_root() { # PURPOSE COMMAND: the command of ours that root may run instead
    [ "$(id -u)" != 0 ] || return 0
    local way="Root can do it: su -c '$root/dev $2'."
    [ "$2" != "setup run" ] || way+=" Once is enough: after that \`./dev run --demo\` needs no root."
    command -v sudo >/dev/null || die "$1 needs root, and there is no sudo here. $way"
    sudo true || die "$1 needs root, and sudo does not give it to $(id -un) (see above). $way"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else die "needs root: $*"; fi
}

# Under sudo, in a clone that belongs to the person who called it.
in_a_clone_of_the_caller() { [ "$(id -u)" = 0 ] && [ "${SUDO_UID:-0}" != 0 ] && [ "$(stat -c %u "$root")" = "$SUDO_UID" ]; }

# Runs a function of these files; what it leaves in the clone belongs to the owner of the clone also when sudo was used, so that
# the next command without sudo can go on.
as_owner() {
    if in_a_clone_of_the_caller; then
        setpriv --reuid="$SUDO_UID" --regid="$SUDO_GID" --init-groups env HOME="$(getent passwd "$SUDO_UID" | cut -d: -f6)" "$root/dev" call "$@"
    else
        "$@"
    fi
}

can_build_here() {
    local place
    for place in "$root" build build/release build/logs; do
        [ ! -e "$place" ] || [ -w "$place" ] || die "$(realpath "$place") belongs to $(stat -c %U "$place"), so $(id -un) cannot build here:" \
            "\`sudo chown -R $(id -un): $(realpath "$place")\`, or use a clone of your own"
    done
}
