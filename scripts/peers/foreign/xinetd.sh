#!/usr/bin/env bash
# xinetd in the foreground: it starts a `cat` per client, whose standard input and output are the client's socket.
#
#   xinetd.sh PORT
#
# xinetd limits its services by default: to 50 connections in a second, for one. These limits are off here.
set -euo pipefail

folder=$(mktemp -d)
cat >"$folder/conf" <<END
service echo-$1
{
    type = UNLISTED
    socket_type = stream
    protocol = tcp
    bind = 127.0.0.1
    port = $1
    wait = no
    user = $(id -un)
    server = $(command -v cat)
    instances = UNLIMITED
    per_source = UNLIMITED
    cps = 1000000 1
    flags = NODELAY
}
END
# xinetd has read its configuration when it writes its number; then nothing needs the folder any more.
( (for _ in {1..100}; do [ -s "$folder/pid" ] && break || sleep 0.05; done; rm -rf "$folder") & )
xinetd=$(command -v xinetd || echo /usr/sbin/xinetd)
exec "$xinetd" -dontfork -filelog /dev/stderr -pidfile "$folder/pid" -f "$folder/conf"
