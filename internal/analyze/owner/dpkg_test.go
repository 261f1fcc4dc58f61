package owner

import (
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestDebianPackagesOwnWhatTheirListsSay(t *testing.T) {
	mustClaim(t, archived(t, "debian"),
		listed(record.Debian, "gcc-12-base", "12.2.0-14+deb12u1", under("usr/share/doc/gcc-12-base",
			"README.Debian.amd64.gz", "TODO.Debian", "changelog.Debian.gz", "copyright")...),
		listed(record.Debian, "python3-colorama", "0.4.6-2",
			append(under("usr/lib/python3/dist-packages",
				"colorama/__init__.py", "colorama/ansi.py", "colorama/ansitowin32.py", "colorama/initialise.py",
				"colorama/tests/__init__.py", "colorama/tests/ansi_test.py", "colorama/tests/ansitowin32_test.py",
				"colorama/tests/initialise_test.py", "colorama/tests/isatty_test.py", "colorama/tests/utils.py",
				"colorama/tests/winterm_test.py", "colorama/win32.py", "colorama/winterm.py",
				"colorama-0.4.6.dist-info/METADATA", "colorama-0.4.6.dist-info/RECORD", "colorama-0.4.6.dist-info/WHEEL"),
				under("usr/share/doc/python3-colorama",
					"README.Debian", "README.rst.gz", "changelog.Debian.gz", "changelog.gz", "copyright",
					"examples/demo.bat", "examples/demo.sh", "examples/demo01.py", "examples/demo02.py", "examples/demo03.py",
					"examples/demo04.py", "examples/demo05.py", "examples/demo06.py", "examples/demo07.py",
					"examples/demo08.py", "examples/demo09.py", "examples/fixpath.py")...)...),
		listed(record.Debian, "zlib1g", "1:1.2.13.dfsg-1",
			"lib/x86_64-linux-gnu/libz.so.1.2.13",
			"usr/share/doc/zlib1g/changelog.Debian.gz", "usr/share/doc/zlib1g/changelog.gz", "usr/share/doc/zlib1g/copyright",
			"lib/x86_64-linux-gnu/libz.so.1"),
	)
}

func TestDistrolessPackagesOwnWhatTheirSumsSay(t *testing.T) {
	mustClaim(t, archived(t, "distroless"),
		listed(record.Debian, "gcc-12-base", "12.2.0-14+deb12u1"),
		listed(record.Debian, "zlib1g", "1:1.2.13.dfsg-1",
			"lib/x86_64-linux-gnu/libz.so.1.2.13",
			"usr/share/doc/zlib1g/changelog.Debian.gz", "usr/share/doc/zlib1g/changelog.gz", "usr/share/doc/zlib1g/copyright"),
	)
}

// status writes a paragraph of a status file.
func status(name, version, arch, state string) string {
	return "Package: " + name + "\nStatus: " + state + "\nArchitecture: " + arch + "\nVersion: " + version + "\nDescription: a\n Package: b\n .\n\n"
}

func TestOnlyInstalledPackagesCount(t *testing.T) {
	files := tree{
		"var/lib/dpkg/status": status("a", "1", "amd64", "install ok installed") +
			status("held", "2", "amd64", "hold ok installed") +
			status("gone", "3", "amd64", "deinstall ok config-files") +
			status("never", "4", "amd64", "unknown ok not-installed") +
			status("waiting", "5", "amd64", "install ok triggers-awaited") +
			"Package: stateless\nVersion: 6\n",
		"var/lib/dpkg/info/gone.list":      "/etc/gone.conf\n",
		"var/lib/dpkg/info/stranger.list":  "/usr/bin/stranger\n",
		"var/lib/dpkg/info/held.list":      "/.\n/usr\n/usr/bin\n/usr/bin/held\n",
		"var/lib/dpkg/info/held.postinst":  "#!/bin/sh\n",
		"opt/chroot/var/lib/dpkg/status":   status("elsewhere", "1", "amd64", "install ok installed"),
		"var/lib/dpkg/info/a/b.list":       "/usr/bin/nested\n",
		"var/lib/dpkg/status-old":          status("old", "1", "amd64", "install ok installed"),
		"usr/share/doc/dpkg/info/doc.list": "/usr/bin/doc\n",
	}
	mustClaim(t, files,
		listed(record.Debian, "a", "1"),
		listed(record.Debian, "held", "2", "usr/bin/held"),
		listed(record.Debian, "waiting", "5"),
	)
}

func TestHalfInstalledPackagesAreAProblem(t *testing.T) {
	files := tree{"var/lib/dpkg/status": status("good", "1", "amd64", "install ok installed") +
		status("bad", "2", "amd64", "install reinstreq half-configured") + status("worse", "3", "amd64", "install ok unpacked")}
	claims, problems := Packages(files.evidence(t))
	if len(claims) != 1 || claims[0].Name != "good" {
		t.Errorf("claims: %v", claims)
	}
	if len(problems) != 1 || !strings.Contains(problems[0].Error(), `"var/lib/dpkg/status"`) || !strings.Contains(problems[0].Error(), `2, the first of them "bad", which is half-configured`) {
		t.Errorf("problems: %v", problems)
	}
}

func TestEachArchitectureHasItsList(t *testing.T) {
	files := tree{
		"var/lib/dpkg/status":                  status("libc6", "2", "amd64", "install ok installed") + status("libc6", "2", "i386", "install ok installed"),
		"var/lib/dpkg/info/libc6:amd64.list":   "/lib/x86_64-linux-gnu/libc.so.6\n",
		"var/lib/dpkg/info/libc6:i386.list":    "/lib/i386-linux-gnu/libc.so.6\n",
		"var/lib/dpkg/info/libc6:riscv64.list": "/lib/riscv64-linux-gnu/libc.so.6\n",
	}
	mustClaim(t, files,
		listed(record.Debian, "libc6", "2", "lib/i386-linux-gnu/libc.so.6"),
		listed(record.Debian, "libc6", "2", "lib/x86_64-linux-gnu/libc.so.6"),
	)
}

// A name that begins like a directory is not below it, and "-" sorts before "/".
func TestListsKeepFilesThatLookLikeDirectories(t *testing.T) {
	files := tree{
		"var/lib/dpkg/status":      status("a", "1", "all", "install ok installed"),
		"var/lib/dpkg/info/a.list": "/.\n/usr/a\n/usr/a-b\n/usr/c\n/usr/c/d\n/usr/c/../../../../etc/x\n\n/usr/name with blanks \n",
	}
	mustClaim(t, files, listed(record.Debian, "a", "1", "usr/a", "usr/a-b", "usr/c/d", "usr/name with blanks "))
}

func TestDpkgStatusIsRefused(t *testing.T) {
	mustRefuse(t, "var/lib/dpkg/status", "Package: a\nDescription: "+strings.Repeat("x", maxLine), "line 2: bufio.Scanner: token too long")
	mustRefuse(t, "var/lib/dpkg/status", strings.Repeat("Package: "+strings.Repeat("a", 1<<16)+"\n\n", 200), "8 MiB")
	mustRefuse(t, "var/lib/dpkg/status", strings.Repeat("Package: a\n\n", maxPackages+1), "65536 packages")
}

func TestDistrolessFilesTellOfOnePackageEach(t *testing.T) {
	mustClaim(t, tree{
		"var/lib/dpkg/status.d/a":         "Package: a\nVersion: 1\n\nPackage: b\nVersion: 1\n",
		"var/lib/dpkg/status.d/a.md5sums": "00000000000000000000000000000000  usr/bin/a b\n",
		"var/lib/dpkg/status.d/gone":      status("gone", "1", "all", "deinstall ok config-files"),
	}, listed(record.Debian, "a", "1", "usr/bin/a b"))
}
