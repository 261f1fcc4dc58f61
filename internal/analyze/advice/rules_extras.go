package advice

import (
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

var (
	manuals      = []string{"/usr/share/doc", "/usr/share/man", "/usr/share/info", "/usr/share/gtk-doc", "/usr/local/share/doc", "/usr/local/share/man", "/usr/local/share/info", "/usr/local/man"}
	translations = []string{"/usr/share/locale", "/usr/local/share/locale"}
)

const (
	ifUnread       = "If nobody reads it in the image"
	ifUntranslated = "If no program in the image has to speak other languages than English"
)

// extras is what programs can do without, or make again.
var extras = []rule{
	{
		// https://man7.org/linux/man-pages/man1/dpkg.1.html
		name: "documentation", thing: "documentation", at: manuals, of: debian, unless: licence, proviso: ifUnread,
		run: "before the first apt-get install, put these lines in /etc/dpkg/dpkg.cfg.d/docs: path-exclude=/usr/share/doc/*, " +
			"path-include=/usr/share/doc/*/copyright, path-exclude=/usr/share/man/*, path-exclude=/usr/share/info/*",
	}, {
		name: "documentation", thing: "documentation", at: manuals, of: rpm, unless: licence, proviso: ifUnread,
		run: "install with dnf --setopt=tsflags=nodocs",
	}, {
		name: "documentation", thing: "documentation", at: manuals, of: alpine, unless: licence, proviso: ifUnread,
		run: "install no -doc packages",
	}, {
		name: "documentation", thing: "documentation", at: manuals, unless: licence, proviso: ifUnread,
		run: "delete it in the RUN that installs it",
	}, {
		name: "locales", thing: "translations", at: translations, of: debian, unless: aliases, proviso: ifUntranslated,
		run: "before the first apt-get install, put these lines in /etc/dpkg/dpkg.cfg.d/locales: path-exclude=/usr/share/locale/*, " +
			"path-include=/usr/share/locale/locale.alias",
	}, {
		name: "locales", thing: "translations", at: translations, unless: aliases, proviso: ifUntranslated,
		run: "delete them in the RUN that installs them",
	}, {
		name: "python-bytecode", thing: "bytecode that Debian's Python packages compiled when they were installed",
		at: []string{"__pycache__"}, place: pythonPlace, unless: notDebians, when: func(e evidence) bool { return e.debianPython },
		proviso: "If a slower start is worth it (Python then compiles what it imports at every start)",
		run:     "end the RUN that installs them with find /usr/lib/python3* -name __pycache__ -prune -exec rm -r {} +",
	}, {
		name: "python-bytecode", thing: "Python bytecode", at: []string{"__pycache__"}, place: pythonPlace, unless: deliberate, ignore: "**/__pycache__",
		proviso: "If a slower start is worth it (Python then compiles what it imports, unless it can write the bytecode once)",
		run:     "install with pip install --no-compile, and set PYTHONDONTWRITEBYTECODE=1 while the image is built",
	}, {
		name: "log-files", thing: "logs", at: []string{"/var/log"},
		run: "delete in the same RUN what it logged; after apt-get that is rm -rf /var/log/apt /var/log/*.log",
	}, {
		name: "core-dumps", thing: "what look like core dumps", named: coreDump,
		unless:  func(f File, _ string) bool { return f.Owner != "" },
		proviso: "If that is what they are",
		run:     "find out what crashed while the image was built, and delete the dump in the same RUN",
		copied:  "delete them where they are copied from, or list them in .dockerignore",
	}, {
		name: "temporary-files", thing: "temporary files", at: []string{"/tmp", "/var/tmp"},
		proviso: "Unless a program needs them when it starts",
		run:     "delete them in the RUN that makes them, or use RUN --mount=type=tmpfs,target=/tmp",
	}, {
		name: "toolchain-python", thing: "Python beside a C compiler and node-gyp", owner: python, when: func(e evidence) bool { return e.compiler && e.nodeGyp },
		proviso: "If Python is there for node-gyp alone",
		run:     "build native modules in an earlier stage and copy node_modules",
		base:    "use the slim variant of the base image, and build native modules in an earlier stage",
	},
}

// licence tells files that have to go with the software.
func licence(f File, _ string) bool {
	base := strings.ToLower(f.Path[strings.LastIndexByte(f.Path, '/')+1:])
	return slices.ContainsFunc([]string{"copyright", "license", "licence", "copying", "notice"}, func(s string) bool { return strings.HasPrefix(base, s) })
}

// aliases is a file of glibc that lies among translations and is none.
func aliases(f File, _ string) bool { return strings.HasSuffix(f.Path, "/locale.alias") }

// deliberate tells bytecode that someone wants: it comes in a package of the
// distribution, or the instruction says so.
func deliberate(f File, instruction string) bool {
	switch f.Ecosystem {
	case record.Debian, record.Alpine, record.RPM:
		return true
	}
	return strings.Contains(instruction, "compileall") || strings.Contains(instruction, "py_compile")
}

// notDebians tells bytecode that Debian's packages did not make: theirs is
// below /usr/lib/python3*, and in no list of files.
func notDebians(f File, instruction string) bool {
	return f.Owner != "" || !strings.HasPrefix(f.Path, "usr/lib/python3") || deliberate(f, instruction)
}

// pythonPlace names the directory of an interpreter's libraries, else the
// first one of the path: bytecode lies in hundreds.
func pythonPlace(path string) int {
	for start := 0; start < len(path); {
		name, _, _ := strings.Cut(path[start:], "/")
		end := start + len(name)
		if strings.HasPrefix(name, "python3") || name == "site-packages" || name == "dist-packages" {
			return end
		}
		start = end + 1
	}
	return max(0, strings.IndexByte(path, '/'))
}

// coreDump tells the names the kernel gives: core and core.<pid>, see
// https://man7.org/linux/man-pages/man5/core.5.html
func coreDump(base string) bool {
	rest, ok := strings.CutPrefix(base, "core")
	if !ok || rest == "" {
		return ok
	}
	return len(rest) > 1 && rest[0] == '.' && strings.Trim(rest[1:], "0123456789") == ""
}
