# shellcheck shell=bash
# `run` and `stop`: a hub of this machine for trying it.
#   the demo       programs of build/, state in .demo/ of the clone, no root
#   the real hub   everything below $real_place, which is root's: the clone may lie where no other account can look into
# A place has: jupyterhub_config.py, arguments (of the last run), state/ (the hub's working directory); the real one also bin/.

demo_place=$root/.demo
real_place=${JUPYTERHUB_DEV_PLACE:-/var/lib/jupyterhub-dev}

write_config() { # FILE, then text on standard input; a file that is there is the user's
    local text
    text=$(cat)
    as_holder test -e "$1" || printf '%s\n' "$text" | as_holder tee "$1" >/dev/null
}

# Sets place and kind, and as_holder: runs a command as whom the place belongs to.
choose_place() { # demo|real
    kind=$1
    if [ "$kind" = demo ]; then
        place=$demo_place
        as_holder() { "$@"; }
    else
        place=$real_place
        as_holder() { as_root "$@"; }
    fi
}

in_words() { if [ "$kind" = demo ]; then echo "the demo"; else echo "the hub of \`sudo ./dev run\`"; fi; }

make_place() {
    if [ "$kind" = demo ]; then
        mkdir -p "$place/state"
        write_config "$place/jupyterhub_config.py" <"$root/tools/dev/demo_config.py"
        bin=$1
        return
    fi
    as_root install -d -m 0755 "$place" "$place/bin"
    as_root test -d "$place/state" || as_root install -d -m 0700 "$place/state" # the hub opens it to its account
    write_config "$place/jupyterhub_config.py" <"$root/tools/dev/real_config.py"
    local program
    for program in "${programs[@]}"; do # a copy: the hub runs on while the next one is compiled
        cmp -s "$1/$program" "$place/bin/$program" || as_root install -m 0755 "$1/$program" "$place/bin/$program"
    done
    bin=$place/bin
}

# -------------------------------------------------------------------------------------------------------------- what runs

# The process in a pid file of the place, if it lives and is that program.
process_of() { # FILE PROGRAM
    local pid
    pid=$(as_holder cat "$place/state/$1" 2>/dev/null) && [ -n "$pid" ] && grep -qsF "$2" "/proc/$pid/cmdline" && echo "$pid"
}
hub_process() { process_of jupyterhub.pid jupyterhub; }
proxy_process() { process_of jupyterhub-proxy.pid configurable-http-proxy; }

port_of_proxy() {
    local pid
    pid=$(proxy_process) || return 0
    tr '\0' '\n' <"/proc/$pid/cmdline" | sed -n '/^--port$/{n;p}'
}

# Servers that the database knows as running.
server_count() {
    as_holder /usr/bin/python3 - "$place/state/jupyterhub.sqlite" <<'PY' 2>/dev/null || echo 0
import sqlite3, sys
database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
print(database.execute("select count(*) from spawners where server_id is not null").fetchone()[0])
PY
}

taken() { # PORT: somebody listens on it at whatever address
    awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# ----------------------------------------------------------------------------------------------------------------- ports

# The value of an option among the arguments given, as --name=value or --name value; nothing if it is not there.
argument() { # NAME ARGS...
    local name=$1 word previous=
    shift
    for word in "$@"; do
        case $word in "$name="*) echo "${word#*=}" ;; esac
        [ "$previous" != "$name" ] || echo "$word"
        previous=$word
    done | tail -n 1
}

configures() { as_holder grep -qE "^[^#]*($1)" "$place/jupyterhub_config.py"; } # PATTERN

# Ends with words when somebody else has the public port.
check_public_port() { # ARGS...
    local other=$kind own
    public_port=$(argument --port "$@")
    if [ -z "$public_port" ]; then
        configures 'bind_url|JupyterHub\.port' && return
        public_port=8000
    fi
    own=$(port_of_proxy)
    if [ -n "$own" ]; then
        [ "$own" = "$public_port" ] || die "the proxy of the last run is still there, on port $own; \`./dev stop\` ends it, then this works"
        return
    fi
    [[ $public_port =~ ^[0-9]+$ ]] && taken "$public_port" || return 0
    [ "$kind" = demo ] && [ -e "$real_place/arguments" ] && other=real
    [ "$kind" = real ] && [ -e "$demo_place/arguments" ] && other=demo
    local hint=
    [ "$other" = "$kind" ] || hint=" If it is $(choose_place "$other" && in_words), \`./dev stop\` ends it."
    die "port $public_port is in use by another program.$hint \`./dev run$([ "$kind" = real ] || echo " --demo") --port=$((public_port + 1000))\` takes another port."
}

# Sets `moved` to the options that move the hub's own two ports away from what others use; empty when the usual ones are free.
# A port chosen once stays: servers that run know it.
move_own_ports() { # ARGS...
    local row name usual option before port
    moved=()
    for row in "hub_port 8081 --JupyterHub.hub_port=" "api_url 8001 --ConfigurableHTTPProxy.api_url=http://127.0.0.1:"; do
        read -r name usual option <<<"$row"
        if [[ " $* " == *"$name"* ]] || configures "$name|hub_bind_url"; then
            continue
        fi
        before=$(as_holder sed -n "s|^$option||p" "$place/arguments" 2>/dev/null) || before=
        port=${before:-$usual}
        while [ "$port" = "${public_port:-}" ] || { taken "$port" && ! { [ "$name" = api_url ] && [ -n "$(proxy_process)" ]; }; }; do
            port=$((port + 10))
        done
        [ "$port" = "$usual" ] || moved+=("$option$port")
    done
}

# ------------------------------------------------------------------------------------------------------------------- run

# Runs a command as a child that gets SIGTERM when we do (and Ctrl-C from the terminal, as we do), and waits for its end.
supervise() {
    local status
    env --default-signal=INT,QUIT "$@" <&0 & # which a background command of a script ignores, and its kernels would, too
    child=$!
    trap : INT
    trap 'kill -TERM $child' TERM HUP
    while :; do
        status=0
        wait "$child" || status=$?
        kill -0 "$child" 2>/dev/null || break # else a signal ended the waiting only
    done
    trap - INT TERM HUP
    return $status
}

run() {
    local word arguments=() wanted=real as_root_is_meant=false built=${JUPYTERHUB_BIN:-$root/build/release/bin}
    for word in "$@"; do
        case $word in
            --demo) wanted=demo ;;
            --as-root) as_root_is_meant=true ;;
            *) arguments+=("$word") ;;
        esac
    done
    if [ $wanted = demo ] && [ "$(id -u)" = 0 ] && ! $as_root_is_meant; then
        die "the demo lets everybody on this machine in without a password, and as root they would all be root." \
            "Run it as an ordinary user, without sudo; --as-root does it all the same."
    fi
    [ -n "${JUPYTERHUB_BIN:-}" ] || { can_build_here; setup_run; build_programs; }
    if [ $wanted = real ] && [ "$(id -u)" != 0 ]; then
        need_root "a hub for the accounts of this machine" run
        exec sudo env "JUPYTERHUB_BIN=$built" "JUPYTERHUB_DEV_PLACE=$real_place" "$root/dev" run "${arguments[@]}"
    fi
    choose_place $wanted
    make_place "$built"
    serve "${arguments[@]}"
}

serve() { # ARGS...
    local command=(env "PATH=$bin:$system_path" jupyterhub) status=0
    [ -n "$(argument -f "$@")$(argument --config "$@")" ] || set -- "$@" -f "$place/jupyterhub_config.py"
    cd "$place/state" || exit
    if [[ $1 != -* ]]; then exec "${command[@]}" "$@"; fi # a command such as `token`
    [ -z "$(hub_process)" ] || die "$(in_words) runs already, process $(hub_process); \`./dev stop\` ends it"
    check_public_port "$@"
    move_own_ports "$@"
    set -- "$@" "${moved[@]}"
    printf '%s\n' "$@" >"$place/arguments"
    [ -n "$(argument --pid-file "$@")" ] || set -- "$@" "--pid-file=$place/state/jupyterhub.pid"
    say "starting $(in_words)"
    note "configuration in $place/jupyterhub_config.py, state in $place/state"
    note "the address stands in the last line below as soon as it is true; Ctrl-C ends the hub"
    supervise "${command[@]}" "$@" || status=$?
    say_what_stays
    return $status
}

say_what_stays() {
    local proxy
    proxy=$(proxy_process) || return 0
    say "The hub has ended. Its proxy (process $proxy) runs on, and so do the notebook servers: $(server_count)."
    note "\`./dev stop\` ends them, \`./dev run\` goes on with them"
}

# ------------------------------------------------------------------------------------------------------------------ stop

stop() {
    local each found=false
    for each in demo real; do
        choose_place $each
        [ -d "$place/state" ] || continue
        if [ $each = demo ] && [ "$(stat -c %u "$place")" != "$(id -u)" ]; then continue; fi # its owner's, never to be run by root
        [ $each = demo ] || [ "$(id -u)" = 0 ] || {
            grep -qsFf <(echo "$place/") /proc/[0-9]*/cmdline || continue # nothing to be asked for a password for
            need_root "stopping $(in_words)" stop
        }
        [ -n "$(hub_process)$(proxy_process)" ] || [ "$(server_count)" != 0 ] || continue
        found=true
        stop_place
    done
    $found || say "nothing of ./dev run is running"
}

end_hub() {
    local pid
    pid=$(hub_process) || return 0
    as_holder kill -TERM "$pid"
    local until=$((SECONDS + 120))
    while [ "$(hub_process)" = "$pid" ]; do
        [ $SECONDS -lt $until ] || die "the hub, process $pid, does not end; its log says what it waits for"
        sleep 0.2
    done
}

# What the hub left running is ended by a hub, too: it knows each process, each PAM session, each route.
stop_place() {
    local arguments log
    say "stopping $(in_words)"
    end_hub
    if [ -z "$(proxy_process)" ] && [ "$(server_count)" = 0 ]; then return; fi
    log=$(mktemp /tmp/dev-stop.XXXXXX)
    mapfile -t arguments < <(as_holder cat "$place/arguments" | grep -v '[.]cleanup_')
    bin=$place/bin
    [ "$kind" = real ] || bin=${JUPYTERHUB_BIN:-$root/build/release/bin}
    # shellcheck disable=SC2016
    as_holder sh -c 'cd "$0" && exec "$@"' "$place/state" env "PATH=$bin:$system_path" jupyterhub "${arguments[@]}" \
        --JupyterHub.cleanup_servers=True --JupyterHub.cleanup_proxy=True "--pid-file=$place/state/jupyterhub.pid" >"$log" 2>&1 &
    local hub=$!
    until grep -q "now running at" "$log"; do
        kill -0 "$hub" 2>/dev/null || { tail -n 5 "$log" >&2; die "what runs on could not be ended (all of it: $log)"; }
        sleep 0.1
    done
    end_hub
    wait "$hub" || true
    rm -f "$log"
}
