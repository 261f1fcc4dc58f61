package owner

import (
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestAlpinePackagesOwnTheirFiles(t *testing.T) {
	mustClaim(t, archived(t, "alpine"),
		listed(record.Alpine, ".build-deps", "20260101.120000"),
		listed(record.Alpine, "alpine-baselayout", "3.6.8-r1", "etc/motd", "etc/profile.d/README", "swapfile"),
		listed(record.Alpine, "musl", "1.2.5-r9", "lib/ld-musl-x86_64.so.1", "lib/libc.musl-x86_64.so.1"),
	)
}

func TestAlpineDatabaseMayBeInUsr(t *testing.T) {
	files := tree{
		"usr/lib/apk/db/installed": "P:musl\nV:1.2.5-r9\nF:usr/lib\nR:libc.so\n\n",
		"var/lib/apk/db/installed": "P:other\nV:1\n\n",
	}
	mustClaim(t, files, listed(record.Alpine, "musl", "1.2.5-r9", "usr/lib/libc.so"))
}

func TestAlpinePathsStayInside(t *testing.T) {
	files := tree{"lib/apk/db/installed": "P:a\nV:1\nF:../etc\nR:up\nF:usr/./lib\nR:../b\nR:../../../c\nR:/d"}
	mustClaim(t, files, listed(record.Alpine, "a", "1", "up", "usr/b", "d"))
}

func TestAlpineDatabaseIsRefused(t *testing.T) {
	mustRefuse(t, "lib/apk/db/installed", "P:a\nV:1\n\nno field\n", `line 4: found "no field", expected a letter and a colon`)
}
