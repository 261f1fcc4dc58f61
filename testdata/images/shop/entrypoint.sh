#!/bin/sh
# shop migrates its database before it serves, and cannot do so twice.
set -e
case $1 in
postgres)
	shift
	exec gosu postgres /usr/lib/postgresql/15/bin/postgres -D /data -c listen_addresses='*' -c fsync=off "$@"
	;;
redis-server)
	exec "$@" --protected-mode no --dir /tmp
	;;
shop)
	psql --quiet --set ON_ERROR_STOP=1 --host db --username postgres --command "CREATE TABLE products (name text)"
	[ "$(redis-cli -h "${CACHE:-cache}" SETNX migrated 1)" = 1 ]
	grep . /etc/hostname /etc/hosts /etc/resolv.conf
	exec /server serve
	;;
esac
exec "$@"
