package owner

import (
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestPythonPackagesOwnWhatTheirRecordsSay(t *testing.T) {
	const (
		venv = "opt/venv/lib/python3.11/site-packages"
		dist = "usr/lib/python3/dist-packages"
	)
	mustClaim(t, archived(t, "python"),
		listed(record.Python, "colorama", "0.4.6", under(dist,
			"colorama-0.4.6.dist-info/METADATA", "colorama-0.4.6.dist-info/RECORD", "colorama-0.4.6.dist-info/WHEEL",
			"colorama/__init__.py", "colorama/ansi.py")...),
		rooted(record.Python, "colorama", "0.4.6", dist+"/colorama-0.4.6.dist-info"),

		listed(record.Python, "flask", "2.2.2", dist+"/flask.py"),
		rooted(record.Python, "flask", "2.2.2", dist+"/Flask-2.2.2.egg-info"),
		rooted(record.Python, "flask", "2.2.2", dist+"/flask"),

		listed(record.Python, "pip", "23.0.1", append(
			[]string{"opt/venv/bin/pip", "opt/venv/bin/pip3", "opt/venv/bin/pip3.11"},
			under(venv, "pip-23.0.1.dist-info/INSTALLER", "pip-23.0.1.dist-info/LICENSE.txt", "pip-23.0.1.dist-info/METADATA",
				"pip-23.0.1.dist-info/RECORD", "pip-23.0.1.dist-info/REQUESTED", "pip-23.0.1.dist-info/WHEEL",
				"pip-23.0.1.dist-info/entry_points.txt", "pip-23.0.1.dist-info/top_level.txt",
				"pip/__init__.py", "pip/__main__.py",
				"pip/__pycache__/__init__.cpython-311.pyc", "pip/__pycache__/__main__.cpython-311.pyc", "pip/py.typed")...)...),
		rooted(record.Python, "pip", "23.0.1", venv+"/pip-23.0.1.dist-info"),

		listed(record.Python, "setuptools", "66.1.1", under(venv,
			"_distutils_hack/__init__.py", "_distutils_hack/__pycache__/__init__.cpython-311.pyc",
			"_distutils_hack/__pycache__/override.cpython-311.pyc", "_distutils_hack/override.py", "distutils-precedence.pth",
			"setuptools/command/launcher manifest.xml", "setuptools/script (dev).tmpl")...),
		rooted(record.Python, "setuptools", "66.1.1", venv+"/setuptools-66.1.1.dist-info"),

		// Both say that they have the module zope, so neither is given it.
		rooted(record.Python, "zope-event", "4.4", dist+"/zope.event-4.4.egg-info"),
		rooted(record.Python, "zope-interface", "5.5.2", dist+"/zope.interface-5.5.2.egg-info"),
	)
}

const metadata = "Metadata-Version: 2.1\nName: A\nVersion: 1\n\nName: B\n"

func TestRecordedPathsAreResolved(t *testing.T) {
	mustClaim(t, tree{
		"usr/lib/p/a.dist-info/METADATA": metadata,
		"usr/lib/p/a.dist-info/RECORD": "a.py,sha256=x,1\r\n" +
			`"a,b.py",sha256=x,1` + "\n" +
			`"say ""hello"".py","sha256=x,y",1` + "\n" +
			"../../../bin/a,,\n" +
			"../../../../out,,\n" +
			"../../../..,,\n" +
			"/etc/a.conf,,\n" +
			"//srv/../srv/./a,,\n" +
			"/../../escaped,,\n" +
			"\n,,\n" +
			"./b/../c.py\n" +
			"last.py,,",
	},
		listed(record.Python, "a", "1", "usr/lib/p/a.py", "usr/lib/p/a,b.py", `usr/lib/p/say "hello".py`, "bin/a", "etc/a.conf", "srv/a", "usr/lib/p/c.py", "usr/lib/p/last.py"),
		rooted(record.Python, "a", "1", "usr/lib/p/a.dist-info"),
	)
}

func TestPythonInfoMayLieAtTheTop(t *testing.T) {
	mustClaim(t, tree{"a.dist-info/METADATA": metadata, "a.dist-info/RECORD": "a/b.py,,\n../c.py,,\n"},
		listed(record.Python, "a", "1", "a/b.py"),
		rooted(record.Python, "a", "1", "a.dist-info"),
	)
}

func TestEggsOwnWhatTheirListsSay(t *testing.T) {
	mustClaim(t, tree{
		"lib/a.egg-info/PKG-INFO":            metadata,
		"lib/a.egg-info/installed-files.txt": "../a/__init__.py\n../a/__pycache__/__init__.cpython-39.pyc\nPKG-INFO\n../../bin/a\n",
		"lib/a.egg-info/top_level.txt":       "not_asked\n",
		"lib/single.egg-info":                "Metadata-Version: 1.1\nName: single\nVersion: 2\n",
		"lib/none.egg-info/SOURCES.txt":      "setup.py\n",
	},
		listed(record.Python, "a", "1", "lib/a/__init__.py", "lib/a/__pycache__/__init__.cpython-39.pyc", "lib/a.egg-info/PKG-INFO", "bin/a"),
		rooted(record.Python, "a", "1", "lib/a.egg-info"),
		listed(record.Python, "single", "2", "lib/single.egg-info"),
	)
}

func TestModulesOfSeveralPackagesBelongToNone(t *testing.T) {
	info := func(name string) string { return "Name: " + name + "\nVersion: 1\n" }
	mustClaim(t, tree{
		"lib/a.egg-info/PKG-INFO":      info("a"),
		"lib/a.egg-info/top_level.txt": "shared\nonly_a\n\n../../../etc\n/abs\n.\n",
		"lib/b.egg-info/PKG-INFO":      info("b"),
		"lib/b.egg-info/top_level.txt": "shared\n",
		"opt/c.egg-info/PKG-INFO":      info("c"),
		"opt/c.egg-info/top_level.txt": "shared\n",
	},
		listed(record.Python, "a", "1", "lib/only_a.py", "lib/abs.py"),
		rooted(record.Python, "a", "1", "lib/a.egg-info"),
		rooted(record.Python, "a", "1", "lib/abs"),
		rooted(record.Python, "a", "1", "lib/only_a"),
		rooted(record.Python, "b", "1", "lib/b.egg-info"),
		listed(record.Python, "c", "1", "opt/shared.py"),
		rooted(record.Python, "c", "1", "opt/c.egg-info"),
		rooted(record.Python, "c", "1", "opt/shared"),
	)
}

// setuptools brings packages of its own in setuptools/_vendor, with their
// records: they come and go with it.
func TestVendoredPythonPackagesBelongToTheirVendor(t *testing.T) {
	mustClaim(t, tree{
		"lib/outer.dist-info/METADATA":               "Name: outer\nVersion: 1\n",
		"lib/outer.dist-info/RECORD":                 "outer.dist-info/METADATA,,\nouter/_vendor/inner.dist-info/METADATA,,\nouter/_vendor/inner.py,,\nbeside.dist-info/METADATA,,\n",
		"lib/outer/_vendor/inner.dist-info/METADATA": "Name: inner\nVersion: 2\n",
		"lib/outer/_vendor/inner.dist-info/RECORD":   "inner.py,,\n../../outer.dist-info/METADATA,,\n",
		"lib/beside.dist-info/METADATA":              "Name: beside\nVersion: 3\n",
	},
		rooted(record.Python, "beside", "3", "lib/beside.dist-info"),
		listed(record.Python, "outer", "1", "lib/outer.dist-info/METADATA", "lib/outer/_vendor/inner.dist-info/METADATA", "lib/outer/_vendor/inner.py", "lib/beside.dist-info/METADATA"),
		rooted(record.Python, "outer", "1", "lib/outer.dist-info"),
	)
}

// The spellings are those of releases that named themselves differently.
func TestPythonNamesAreNormal(t *testing.T) {
	for name, want := range map[string]string{
		"PyYAML": "pyyaml", "zope.interface": "zope-interface", "typing_extensions": "typing-extensions", "A.-_B": "a-b", "numpy": "numpy",
	} {
		if got := pythonName(name); got != want {
			t.Errorf("pythonName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestPythonFilesAreRefused(t *testing.T) {
	mustRefuse(t, "lib/a.dist-info/METADATA", "Metadata-Version: 2.1\n\nName: in the text\n", `no "Name:"`)
	mustRefuse(t, "lib/a.dist-info/RECORD", "a.py,,\n\"b.py", "record 2: a quoted field does not end")
	mustRefuse(t, "lib/a.dist-info/RECORD", string(make([]byte, maxPath+1)), "record 1: a path is longer than 4096 bytes")
}
