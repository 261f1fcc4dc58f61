package owner

import "strings"

// The kinds of files. Their values and what is kept of each stand in caches.
const (
	KindDpkgStatus   Kind = "dpkg-status"   // all packages of a Debian system
	KindDpkgList     Kind = "dpkg-list"     // the files of one of them
	KindDpkgStatusD  Kind = "dpkg-status-d" // one package of a distroless image
	KindDpkgMD5Sums  Kind = "dpkg-md5sums"  // its files
	KindAPK          Kind = "apk-installed"
	KindRPMSQLite    Kind = "rpm-sqlite"
	KindRPMNDB       Kind = "rpm-ndb"
	KindRPMBerkeley  Kind = "rpm-berkeley"     // not read, only told of
	KindPythonInfo   Kind = "python-info"      // METADATA or PKG-INFO
	KindPythonRecord Kind = "python-record"    // RECORD
	KindPythonFiles  Kind = "python-files"     // installed-files.txt
	KindPythonTop    Kind = "python-top-level" // top_level.txt
	KindNPM          Kind = "npm-package"      // package.json
	KindGem          Kind = "gem-spec"
	KindGemExtension Kind = "gem-extension" // gem.build_complete beside what was compiled for a gem
	KindJar          Kind = "jar"
	KindExecutable   Kind = "executable" // a Go binary, may be
)

// smallestExecutable is the size in bytes from which on an executable is looked
// into. The smallest Go programs are above it, most of a Debian system is not.
const smallestExecutable = 256 << 10

// Wanted says whether and how a regular file of a layer tells of packages, and
// "" for most. The path is clean and has no leading slash; size is in bytes and
// mode holds the permission bits. It is asked for every file of every layer:
// it reads nothing and allocates nothing.
func Wanted(path string, size, mode int64) Kind {
	dir, base := cutLast(path)
	if kind := byName(dir, base); kind != "" {
		return kind
	}
	if kind := bySuffix(dir, base); kind != "" {
		return kind
	}
	if mode&0o111 != 0 && size >= smallestExecutable && !sharedLibrary(base) {
		return KindExecutable
	}
	return ""
}

func byName(dir, base string) Kind {
	switch base {
	case "status":
		return when(dir == "var/lib/dpkg", KindDpkgStatus)
	case "installed":
		return when(dir == "lib/apk/db" || dir == "usr/lib/apk/db", KindAPK)
	case "rpmdb.sqlite":
		return when(rpmDirectory(dir), KindRPMSQLite)
	case "Packages.db":
		return when(rpmDirectory(dir), KindRPMNDB)
	case "Packages":
		return when(rpmDirectory(dir), KindRPMBerkeley)
	case "METADATA":
		return when(distInfo(dir), KindPythonInfo)
	case "PKG-INFO":
		return when(eggInfo(dir), KindPythonInfo)
	case "RECORD":
		return when(distInfo(dir), KindPythonRecord)
	case "installed-files.txt":
		return when(eggInfo(dir), KindPythonFiles)
	case "top_level.txt":
		return when(distInfo(dir) || eggInfo(dir), KindPythonTop)
	case "package.json":
		return when(nodePackage(dir), KindNPM)
	case "gem.build_complete":
		return when(gemExtension(dir), KindGemExtension)
	}
	return ""
}

func bySuffix(dir, base string) Kind {
	if dir == "var/lib/dpkg/status.d" {
		if strings.HasSuffix(base, ".md5sums") {
			return KindDpkgMD5Sums
		}
		return KindDpkgStatusD
	}
	dot := strings.LastIndexByte(base, '.')
	if dot < 0 {
		return ""
	}
	switch base[dot:] {
	case ".list":
		return when(dir == "var/lib/dpkg/info", KindDpkgList)
	case ".egg-info":
		return KindPythonInfo
	case ".gemspec":
		return when(strings.HasSuffix(strings.TrimSuffix(dir, "/default"), "/specifications"), KindGem)
	case ".jar", ".war", ".ear":
		return KindJar
	}
	return ""
}

func when(yes bool, kind Kind) Kind {
	if yes {
		return kind
	}
	return ""
}

// rpmDirectory knows the places of the database: the classic one, that of
// Fedora and SUSE since 2020, and that of systems made by rpm-ostree.
// https://fedoraproject.org/wiki/Changes/RelocateRPMToUsr
func rpmDirectory(dir string) bool {
	return dir == "var/lib/rpm" || dir == "usr/lib/sysimage/rpm" || dir == "usr/share/rpm"
}

func distInfo(dir string) bool { return strings.HasSuffix(dir, ".dist-info") }
func eggInfo(dir string) bool  { return strings.HasSuffix(dir, ".egg-info") }

// nodePackage says whether dir is where a package manager puts a package:
// node_modules/name or node_modules/@scope/name. Names that start with a dot
// are its own bookkeeping.
// https://docs.npmjs.com/cli/configuring-npm/folders#node-modules
func nodePackage(dir string) bool {
	above, name := cutLast(dir)
	if _, parent := cutLast(above); strings.HasPrefix(parent, "@") {
		above, _ = cutLast(above)
	}
	if name == "" || name[0] == '.' || name[0] == '@' {
		return false
	}
	return above == "node_modules" || strings.HasSuffix(above, "/node_modules")
}

// gemExtension says whether dir is where something was compiled for a gem:
// extensions, platform, version of Ruby, directory of the gem.
func gemExtension(dir string) bool {
	above, _ := cutLast(dir)
	above, _ = cutLast(above)
	above, _ = cutLast(above)
	return strings.HasSuffix(above, "/extensions")
}

// cutLast splits a path before its last element.
func cutLast(path string) (above, last string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

// sharedLibrary says whether a name ends in .so, or .so and a version.
func sharedLibrary(base string) bool {
	return strings.HasSuffix(base, ".so") || strings.Contains(base, ".so.")
}
