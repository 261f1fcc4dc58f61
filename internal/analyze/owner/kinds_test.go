package owner

import "testing"

func TestWanted(t *testing.T) {
	const big, small = smallestExecutable, smallestExecutable - 1
	for _, c := range []struct {
		path       string
		size, mode int64
		want       Kind
	}{
		{"var/lib/dpkg/status", 1, 0o644, KindDpkgStatus},
		{"var/lib/dpkg/status", big, 0o755, KindDpkgStatus},
		{"status", 1, 0o644, ""},
		{"srv/var/lib/dpkg/status", 1, 0o644, ""},
		{"var/lib/dpkg/info/zlib1g:amd64.list", 1, 0o644, KindDpkgList},
		{"var/lib/dpkg/info/zlib1g:amd64.md5sums", 1, 0o644, ""},
		{"etc/apt/sources.list", 1, 0o644, ""},
		{"var/lib/dpkg/status.d/tzdata", 1, 0o644, KindDpkgStatusD},
		{"var/lib/dpkg/status.d/libc6.list", 1, 0o644, KindDpkgStatusD},
		{"var/lib/dpkg/status.d/tzdata.md5sums", 1, 0o644, KindDpkgMD5Sums},
		{"lib/apk/db/installed", 1, 0o644, KindAPK},
		{"usr/lib/apk/db/installed", 1, 0o644, KindAPK},
		{"etc/apk/db/installed", 1, 0o644, ""},
		{"var/lib/rpm/rpmdb.sqlite", 1, 0o644, KindRPMSQLite},
		{"usr/lib/sysimage/rpm/rpmdb.sqlite", 1, 0o644, KindRPMSQLite},
		{"usr/lib/sysimage/rpm/Packages.db", 1, 0o644, KindRPMNDB},
		{"home/rpmdb.sqlite", 1, 0o644, ""},
		{"var/lib/rpm/Packages", 1, 0o644, KindRPMBerkeley},
		{"srv/Packages", 1, 0o644, ""},
		{"usr/lib/python3/dist-packages/a-1.dist-info/METADATA", 1, 0o644, KindPythonInfo},
		{"usr/lib/python3/dist-packages/a-1.dist-info/RECORD", 1, 0o644, KindPythonRecord},
		{"usr/lib/python3/dist-packages/a-1.dist-info/top_level.txt", 1, 0o644, KindPythonTop},
		{"usr/lib/python3/dist-packages/a-1.dist-info/licenses/RECORD", 1, 0o644, ""},
		{"a-1.egg-info", 1, 0o644, KindPythonInfo},
		{"a-1.egg-info/PKG-INFO", 1, 0o644, KindPythonInfo},
		{"a-1.egg-info/installed-files.txt", 1, 0o644, KindPythonFiles},
		{"a-1.egg-info/top_level.txt", 1, 0o644, KindPythonTop},
		{"a-1/PKG-INFO", 1, 0o644, ""},
		{"app/node_modules/a/package.json", 1, 0o644, KindNPM},
		{"app/node_modules/@s/a/package.json", 1, 0o644, KindNPM},
		{"app/package.json", 1, 0o644, ""},
		{"g/specifications/a-1.gemspec", 1, 0o644, KindGem},
		{"g/specifications/default/a-1.gemspec", 1, 0o644, KindGem},
		{"g/gems/a-1/a.gemspec", 1, 0o644, ""},
		{"g/extensions/x86_64-linux/3.1.0/a-1/gem.build_complete", 0, 0o644, KindGemExtension},
		{"usr/share/java/a.jar", 1, 0o644, KindJar},
		{"srv/app.war", big, 0o755, KindJar},
		{"srv/app.ear", 1, 0o644, KindJar},
		{"srv/app.jar.txt", 1, 0o644, ""},
		{"app", big, 0o755, KindExecutable},
		{"app", big, 0o001, KindExecutable},
		{"app", big, 0o666, ""},
		{"app", small, 0o755, ""},
		{"usr/lib/libssl.so.3", big, 0o755, ""},
		{"usr/lib/libc.so", big, 0o755, ""},
		{"usr/bin/also", big, 0o755, KindExecutable},
		{"", big, 0o644, ""},
		{"var/lib/dpkg/status.d/", 1, 0o644, KindDpkgStatusD},
	} {
		if got := Wanted(c.path, c.size, c.mode); got != c.want {
			t.Errorf("Wanted(%q, %d, %#o) = %q, want %q", c.path, c.size, c.mode, got, c.want)
		}
	}
}

func TestWantedAllocatesNothing(t *testing.T) {
	for _, path := range benchPaths {
		if n := testing.AllocsPerRun(10, func() { Wanted(path, 1<<20, 0o755) }); n != 0 {
			t.Errorf("Wanted(%q) allocates %v times", path, n)
		}
	}
}
