#!/bin/sh
# The server is a Go program, so it must not see them under their own names.
exec env -u GOMEMLIMIT -u GOGC -u GODEBUG -u GOTRACEBACK -u GOMAXPROCS \
	SEEN_GOMEMLIMIT="$GOMEMLIMIT" SEEN_GOGC="$GOGC" SEEN_GODEBUG="$GODEBUG" \
	SEEN_GOTRACEBACK="$GOTRACEBACK" SEEN_GOMAXPROCS="$GOMAXPROCS" \
	/server serve
