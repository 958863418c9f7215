# SPDX-License-Identifier: Apache-2.0
#
# The parts of the demonstration world: its folders, certificate, cluster,
# configurations and processes. Owns build/demo and /tmp/gatehouse-demo.XXXX,
# where everything stands that an account other than root must reach (a clone
# may lie in a folder that only root can enter). Sourced by run and stop, which
# say what happens in which order.
# shellcheck shell=bash
# shellcheck disable=SC2034 # they use what is defined here

: "${here:?the folder of the demonstration}"
root=$(cd "$here/../.." && pwd)
state=$root/build/demo
log=$state/log
tls=$state/tls
postgres_bin=/usr/lib/postgresql/15/bin
ports=(8443 8444 9001 9002 9003)
names=()
pids=()
world=    # the temporary folder
gateway=  # the program that is run
ctl=      # its gatehousectl
more=     # a file to append to its configuration
memory=64M # what one password hash costs,
passes=3   # as people have it
stopping= # a signal came
failed=   # a part died

say() {
    echo "demo: $*"
}

fail() {
    echo "demo: $*" >&2
    exit 1
}

# --- waiting and processes -------------------------------------------------

is_alive() {
    [ -d "/proc/$1" ] && ! grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null
}

is_gone() {
    ! is_alive "$1"
}

# When the kernel started a process: with its number, an identity.
started_at() {
    sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# wait_until SECONDS COMMAND...: tries until it holds. 1 when it never did.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] && [ -z "$stopping" ] || return 1
        sleep 0.05
    done
}

answers_or_gone() {
    local pid=$1
    shift
    is_gone "$pid" || "$@"
}

# The same for a part of the world, which must not die while it is awaited.
await() {
    local name=$1 pid=${pids[-1]}
    shift
    if wait_until 60 answers_or_gone "$pid" "$@" && is_alive "$pid"; then
        return 0
    fi
    [ -z "$stopping" ] || return 1
    say "$name does not answer; the end of its log ($log/$name.log):" >&2
    tail -n 5 "$log/$name.log" >&2
    return 1
}

# start NAME COMMAND...: a part in a session of its own, so that Ctrl-C is
# heard by run alone, which then stops the parts in order.
start() {
    local name=$1
    shift
    setsid "$@" </dev/null >>"$log/$name.log" 2>&1 9>&- &
    names+=("$name")
    pids+=($!)
    echo "$name $! $(started_at $!)" >>"$state/processes"
}

# as ACCOUNT COMMAND...
as() {
    local account=$1
    shift
    (cd / && exec setpriv --reuid="$account" --regid="$(id -g "$account")" \
        --clear-groups -- "$@")
}

stop_signal() {
    case $1 in
    postgres) echo INT ;; # fast: ends sessions, writes a checkpoint
    *) echo TERM ;;
    esac
}

# Ends one part and notes its exit status; KILL when it does not listen.
stop_one() {
    local name=$1 pid=$2 status=0
    kill -s "$(stop_signal "$name")" "$pid" 2>/dev/null || true
    if ! stopping='' wait_until 45 is_gone "$pid"; then
        say "$name did not stop, killing it" >&2
        kill -s KILL "$pid" 2>/dev/null || true
    fi
    wait "$pid" 2>/dev/null || status=$?
    echo "$name $status" >>"$state/status"
}

# The parts in the reverse of their order: fronts first, the database last.
stop_all() {
    local i
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
        stop_one "${names[i]}" "${pids[i]}"
    done
    names=()
    pids=()
}

# What a killed run left behind: processes that are still the same ones, and
# the folder.
clear_leftovers() {
    local name pid at
    if [ -f "$state/processes" ]; then
        while read -r name pid at; do
            [ "$(started_at "$pid")" = "${at:-none}" ] || continue
            say "ending $name ($pid), left by a run that was killed"
            kill -s "$(stop_signal "$name")" "$pid" 2>/dev/null || true
            wait_until 20 is_gone "$pid" || kill -s KILL "$pid" || true
        done < <(tac "$state/processes")
    fi
    remove_world
}

# --- folders and files -----------------------------------------------------

remove_world() {
    local old
    old=$(readlink "$state/world" 2>/dev/null || true)
    case $old in /tmp/gatehouse-demo.*) rm -rf --one-file-system "$old" ;; esac
    rm -f "$state/world" "$state/ready" "$state/processes" "$state/run.pid" \
        "$state/demo.env"
}

# Each folder belongs to the one account that writes to it.
make_folders() {
    world=$(mktemp -d /tmp/gatehouse-demo.XXXX)
    ln -sfn "$world" "$state/world"
    chmod 711 "$world"
    install -d -m 711 "$world/nginx" "$world/lighttpd" "$world/lighttpd/empty"
    install -d -o www-data -m 700 "$world/lighttpd/uploads"
    install -d -o gatehouse -g gatehouse -m 711 "$world/gate"
    # The applications' sockets: theirs, and for the gateway alone to enter.
    install -d -o nobody -g gatehouse -m 750 "$world/app"
    install -d -o postgres -g postgres -m 755 "$world/db"
    install -d -o postgres -g postgres -m 700 "$world/data"
}

# fill TEMPLATE FILE: puts the names of this world into a template.
fill() {
    sed -e "s|@WORLD@|$world|g" -e "s|@LOG@|$log|g" -e "s|@TLS@|$tls|g" \
        -e "s|@MEMORY@|$memory|g" -e "s|@PASSES@|$passes|g" "$here/$1" >"$2"
}

make_configurations() {
    fill gatehouse.conf.in "$world/gatehouse.conf"
    if [ -n "$more" ]; then
        sed -e "s|@WORLD@|$world|g" "$more" >>"$world/gatehouse.conf"
    fi
    fill nginx.conf.in "$world/nginx/nginx.conf"
    fill lighttpd.conf.in "$world/lighttpd/lighttpd.conf"
    cp -r "$root/deploy/nginx" "$world/nginx/gatehouse"
    cp -r "$root/deploy/lighttpd" "$world/lighttpd/gatehouse"
    install -m 644 "$here/application.py" "$world/application.py"
}

# One certificate for both fronts, kept from run to run so that a browser
# asks but once.
make_certificate() {
    mkdir -p "$tls"
    if [ -s "$tls/key.pem" ] && openssl x509 -in "$tls/cert.pem" -noout \
        -checkend 86400 >/dev/null 2>&1; then
        return 0
    fi
    (umask 077 && openssl req -x509 -newkey ec -nodes -days 825 \
        -pkeyopt ec_paramgen_curve:P-256 -subj '/CN=localhost' \
        -addext 'subjectAltName=DNS:localhost,DNS:admin.localhost' \
        -addext 'basicConstraints=critical,CA:FALSE' \
        -addext 'extendedKeyUsage=serverAuth' \
        -keyout "$tls/key.pem" -out "$tls/cert.pem" 2>"$log/openssl.log") ||
        fail "openssl made no certificate; see $log/openssl.log"
    chmod 644 "$tls/cert.pem"
}

# --- the parts, in the order in which they start ---------------------------

sql() {
    as postgres psql -qXAt -v ON_ERROR_STOP=1 -h "$world/db" -d postgres
}

is_database_up() {
    echo 'select 1' | sql
}

start_postgres() {
    as postgres "$postgres_bin/initdb" -D "$world/data" -U postgres \
        --encoding=UTF8 --locale=C.UTF-8 --auth=peer --no-sync \
        >"$log/initdb.log" 2>&1 || fail "initdb failed; see $log/initdb.log"
    fill postgresql.conf.in "$world/data/demo.conf"
    echo "include 'demo.conf'" >>"$world/data/postgresql.conf"
    cp "$here/pg_hba.conf" "$here/pg_ident.conf" "$world/data/"
    start postgres setpriv --reuid=postgres --regid="$(id -g postgres)" \
        --clear-groups -- "$postgres_bin/postgres" -D "$world/data"
    await postgres is_database_up
}

# administer ARGUMENT...: gatehousectl with the gateway's configuration, which
# names the role of administrators and what a password costs.
administer() {
    "$ctl" -c "$world/gatehouse.conf" --sql "$root/sql" "$@" \
        >>"$log/gatehousectl.log" 2>&1 || {
        tail -n 5 "$log/gatehousectl.log" >&2
        fail "gatehousectl $* failed"
    }
}

# The key ring is the gateway's alone; root reads it to hash passwords.
make_keys() {
    administer key generate "$world/keys"
    chown gatehouse: "$world/keys"
}

# As an operator would do it, whose role is no superuser's.
install_schema() {
    sql <"$here/database.sql" >>"$log/postgres.log" 2>&1
    administer --dsn "$(dsn_of demo_installer)" db init
    administer --dsn "$(dsn_of demo_installer)" db migrate
    sql <"$here/logins.sql" >>"$log/postgres.log" 2>&1
}

# Applications, roles, and who may do what where. Before the accounts, which
# are given roles.
make_policy() {
    local role
    for role in user hr; do
        administer role add "$role"
    done
    add_application public localhost http://127.0.0.1:9001 --for anonymous
    add_application app localhost "http://unix:$world/app/app.sock" --for user
    add_application admin localhost http://127.0.0.1:9002 --for admin
    add_application hr localhost "http://unix:$world/app/hr.sock"
    add_hours_of_hr
    add_application api localhost http://127.0.0.1:9003
    administer permission add api/use --pattern '/**' --methods GET,HEAD,POST
    administer role grant user --permission api/use
    add_application console admin.localhost \
        "http://unix:$world/app/console.sock" --zone restricted
    add_confirmation_at_console
}

# Who works there may see it from Monday to Friday, inside the house.
add_hours_of_hr() {
    administer condition add hr-hours --hours 08:00-18:00 --days mon-fri \
        --time-zone Europe/Berlin
    administer condition add house --networks 10.0.0.0/8,127.0.0.0/8
    administer condition add hr-work --all hr-hours,house --meaning \
        'Monday to Friday from 8 to 18 (Berlin time), inside the house'
    administer permission add hr/use --pattern '/**' --methods '*'
    administer role grant hr --permission hr/use --condition hr-work
}

# Whoever signed in longer ago confirms first that it is still them.
add_confirmation_at_console() {
    administer condition add recent --age 15m \
        --meaning 'signed in within the last 15 minutes'
    administer permission add console/use --pattern '/**' --methods '*'
    administer role grant admin --permission console/use --condition recent
}

# add_application NAME HOST BACKEND OPTION...
add_application() {
    administer app add "$1" --host "$2" --path "/$1/" --backend "$3" "${@:4}"
}

add_accounts() {
    local name display password roles note
    while IFS=$'\t' read -r name display password roles note; do
        # shellcheck disable=SC2046 # one word each
        administer user add "$name" --display-name "$display" \
            --email "$name@example.org" --password-stdin \
            $(printf -- '--role %s ' ${roles//,/ }) <<<"$password"
        case $note in
        disabled) administer user disable "$name" </dev/null ;;
        locked) administer user lock "$name" </dev/null ;;
        esac
    done < <("$here/readme" --list)
}

# The log is opened here, since an account without rights may not reach it.
start_application() {
    local listen=(
        "public,/public/,127.0.0.1:9001"
        "app,/app/,$world/app/app.sock"
        "admin,/admin/,127.0.0.1:9002"
        "hr,/hr/,$world/app/hr.sock"
        "api,/api/,127.0.0.1:9003"
        "console,/console/,$world/app/console.sock")
    start application setpriv --reuid=nobody --regid="$(id -g nobody)" \
        --clear-groups -- /usr/bin/python3 "$world/application.py" \
        --log-descriptor 3 "${listen[@]}" 3>>"$log/backend.log"
    await application grep -qx listening "$log/application.log"
}

start_gateway() {
    "$gateway" -t -c "$world/gatehouse.conf" >"$log/gateway-check.log" 2>&1 ||
        fail "the gateway refuses its configuration:
$(cat "$log/gateway-check.log")"
    start gateway "$gateway" -c "$world/gatehouse.conf"
    await gateway test -S "$world/gate/public.sock"
}

fetch() {
    curl -sf --max-time 5 --cacert "$tls/cert.pem" -o /dev/null "$1"
}

start_fronts() {
    start lighttpd lighttpd -D -f "$world/lighttpd/lighttpd.conf"
    await lighttpd fetch https://localhost:8444/public/
    start nginx nginx -c "$world/nginx/nginx.conf" -e stderr
    await nginx fetch https://localhost:8443/public/
}

# --- what people and tests are told ----------------------------------------

# dsn_of ROLE: as a URI, which a program can take as one word.
dsn_of() {
    local folder=$world/db
    echo "postgresql://$1@${folder//\//%2F}/gatehouse"
}

pid_of() {
    local i
    for i in "${!names[@]}"; do
        [ "${names[i]}" != "$1" ] || echo "${pids[i]}"
    done
}

write_environment() {
    local part
    {
        echo "NGINX_URL=https://localhost:8443"
        echo "LIGHTTPD_URL=https://localhost:8444"
        echo "CA_FILE=$tls/cert.pem"
        echo "FCGI_SOCKET=$world/gate/public.sock"
        echo "OPERATIONS_SOCKET=$world/gate/operations.sock"
        echo "DSN_OWNER=$(dsn_of demo_owner)"
        echo "DSN_GATEWAY=$(dsn_of gatehouse_gateway)"
        echo "DSN_ADMIN=$(dsn_of demo_admin)"
        echo "DSN_AUDITOR=$(dsn_of demo_auditor)"
        echo "DSN_INSTALLER=$(dsn_of demo_installer)"
        echo "DSN_SUPERUSER=$(dsn_of postgres)"
        echo "BACKEND_LOG=$log/backend.log"
        echo "GATEWAY_LOG=$log/gateway.log"
        echo "GATEWAY=$gateway"
        echo "GATEHOUSECTL=$ctl"
        echo "KEYS=$world/keys"
        echo "CONFIG=$world/gatehouse.conf"
        echo "WORLD=$world"
        for part in gateway application nginx lighttpd postgres; do
            echo "${part^^}_PID=$(pid_of "$part")"
        done
    } >"$state/demo.env.new"
    mv "$state/demo.env.new" "$state/demo.env"
}
