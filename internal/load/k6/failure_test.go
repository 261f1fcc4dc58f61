package k6_test

import (
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/load/k6"
)

// What k6 1.8.1 was seen to write.
func TestExplain(t *testing.T) {
	script := &k6.Script{Shown: "ci", Test: k6.Test{Main: "test.js", Files: map[string][]byte{
		"test.js":  []byte("import http from 'k6/http';\nimport { x } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';\nimport { y } from \"./nope.js\";"),
		"lib/a.js": {},
	}}}
	for name, c := range map[string]struct {
		code   int
		stderr string
		want   string
	}{
		"syntax": {107, "could not initialize '/plimsoll-k6/test/test.js': could not load JS test 'file:///plimsoll-k6/test/test.js': file:///plimsoll-k6/test/test.js: Line 4:1 Unexpected token } (and 2 more errors)\n",
			"ci/test.js:4:1: Unexpected token } (and 2 more errors)"},
		"syntax of an import": {107, "could not initialize '/plimsoll-k6/test/test.js': could not load JS test 'file:///plimsoll-k6/test/test.js': file:///plimsoll-k6/test/lib/a.js: Line 1:19 Unexpected token ; (and 2 more errors)",
			"ci/lib/a.js:1:19: Unexpected token ; (and 2 more errors)"},
		"remote": {107, `could not initialize 'test.js': could not load JS test 'file:///plimsoll-k6/test/test.js': The moduleSpecifier "https://jslib.k6.io/k6-utils/1.4.0/index.js" couldn't be retrieved from the resolved url`,
			"ci/test.js:2:19: it imports https://jslib.k6.io/k6-utils/1.4.0/index.js, but a pod has no network: save the module beside the script and import that"},
		"absent": {107, `could not load JS test 'file:///plimsoll-k6/test/test.js': The moduleSpecifier "./nope.js" couldn't be found on local disk. Make sure`,
			`ci/test.js:3:19: it imports "./nope.js", which is not there (only files of the configuration's directory are put beside k6)`},
		"no such file": {107, "GoError: stat /plimsoll-k6/test/nodata.json: no such file or directory\n\tat go.k6.io/k6/internal/js.(*Bundle).setInitGlobals.func3 (native)\n\tat file:///plimsoll-k6/test/test.js:1:15(12)\n\n",
			`ci/test.js:1:15: it opens "ci/nodata.json", which is not there (only files of the configuration's directory are put beside k6)`},
		"exception": {107, "Error: no app: 200\n\tat setup (file:///plimsoll-k6/test/test.js:2:95(17))\n\n", "ci/test.js:2:95: Error: no app: 200"},
		"in the open": {107, "some console.log\nReferenceError: foo is not defined\n\tat file:///plimsoll-k6/test/test.js:2:4(12)\n",
			"ci/test.js:2:4: ReferenceError: foo is not defined"},
		"abort": {108, "test aborted: enough at default (file:///plimsoll-k6/test/test.js:2:45(6))", "ci/test.js:2:45: test aborted: enough at default"},
		"options": {104, "There were problems with the specified script configuration:\n\t- executor default: function 'default' not found in exports",
			"ci/test.js: k6 ended with code 104: There were problems with the specified script configuration: - executor default: function 'default' not found in exports"},
		"silence": {110, "", "ci/test.js: k6 ended with code 110: the script marked the test as failed"},
	} {
		if got := script.Explain(c.code, c.stderr); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// The script's words are quoted, but not at any length.
func TestExplainIsBounded(t *testing.T) {
	script := &k6.Script{Shown: ".", Test: k6.Test{Main: "a.js"}}
	long := make([]byte, 1<<16)
	for i := range long {
		long[i] = 'x'
	}
	for _, text := range []string{string(long), "file:///plimsoll-k6/test/a.js: Line 1:1 " + string(long), string(long) + "\n\tat file:///plimsoll-k6/test/a.js:1:1(1)"} {
		if got := script.Explain(107, text); len(got) > 500 {
			t.Errorf("an explanation of %d bytes", len(got))
		}
	}
}
