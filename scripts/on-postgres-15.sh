#!/usr/bin/env bash
# Runs the database tests on an installed PostgreSQL 15: a cluster of its own in a temporary folder, removed after.
set -euo pipefail
bin=$1
folder=$(mktemp -d /var/tmp/touchstone-pg15-XXXXXX)
as_server=()
if [ "$(id -u)" = 0 ]; then
  chown 65534:65534 "$folder"
  as_server=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
cleanup() {
  "${as_server[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap cleanup EXIT

password=$(head -c 18 /dev/urandom | base64 | tr -d '+/=')
"${as_server[@]}" bash -c "printf %s '$password' > '$folder/password'"
"${as_server[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A scram-sha-256 --pwfile="$folder/password" -E UTF8 --locale=C >/dev/null
port=$(node -e 'const s=require("node:net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
"${as_server[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
  -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='' -c fsync=off" start >/dev/null

export TOUCHSTONE_TEST_DATABASE_URL="postgres://postgres:$password@127.0.0.1:$port/postgres"
npm test -- packages/db
