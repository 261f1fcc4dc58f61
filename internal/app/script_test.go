package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/plimsoll-ci/plimsoll/internal/agent/programs"
	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/engine/enginetest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Every script is a use of the tool against the real engine, with a run of its
// own, of which nothing may be left when it ends.
func TestScripts(t *testing.T) {
	cache, bin := t.TempDir(), build(t)
	compilePrograms(t, cache)
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		Setup:         func(env *testscript.Env) error { return setUp(env, cache, bin) },
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":      exits,
			"tag":        tag,
			"tiny":       tiny,
			"layout":     layoutOf,
			"comparison": comparison,
			"prices":     prices,
			"left":       left,
		},
	})
}

// build compiles the commands as they are installed, and gives their directory.
//
// Note: running them as this test binary under other names (testscript.Main)
// would have them under the race detector too, where the estimate of an image's
// compressed size takes ten times as long, in every command of every script.
// [TestMainInProcess] is there for the races.
func build(t *testing.T) (bin string) {
	t.Helper()
	if err := commands(); err != nil {
		t.Fatal(err)
	}
	return scratch
}

// commands compiles them once: linking takes seconds, each time.
var commands = sync.OnceValue(func() error {
	out, err := exec.Command("go", "build", "-o", scratch, "../../cmd/plimsoll", "../../cmd/action").CombinedOutput()
	if err != nil {
		return fmt.Errorf("build the commands: %w\n%s", err, out)
	}
	return nil
})

// compilePrograms fills the cache that the scripts share: they see no Go.
func compilePrograms(t *testing.T, cache string) {
	t.Helper()
	getenv := func(name string) string {
		if name == "XDG_CACHE_HOME" {
			return cache
		}
		return os.Getenv(name)
	}
	if _, err := programs.For(t.Context(), runtime.GOARCH, getenv); err != nil {
		t.Fatal(err)
	}
}

func setUp(env *testscript.Env, cache, bin string) error {
	env.Setenv("PATH", bin+string(filepath.ListSeparator)+env.Getenv("PATH"))
	env.Setenv("PLIMSOLL", filepath.Join(bin, "plimsoll"))
	k6, err := filepath.Abs("../../.cache/bin") // where scripts/fetch-k6 puts it
	if err != nil {
		return err
	}
	env.Setenv("K6_DIR", k6)
	saved, err := filepath.Abs("../record/testdata") // a comparison that was saved
	if err != nil {
		return err
	}
	env.Setenv("RECORD", saved)
	run := "script-" + engine.NewID()
	env.Setenv("XDG_CACHE_HOME", cache)
	env.Setenv("PLIMSOLL_RUN", run)
	env.Setenv("PLIMSOLL_GUARDS", "off") // other tests are neighbours
	env.Setenv("DOCKER_HOST", os.Getenv("DOCKER_HOST"))
	t := env.T().(testing.TB)
	env.Values[tbKey{}] = t
	env.Defer(func() {
		for _, thing := range enginetest.Left(t, run) {
			t.Errorf("the engine still holds %s", thing)
		}
	})
	return nil
}

// exits CODE COMMAND... runs a command that must end with the code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGUMENT...]")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		code = ended.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if want, err := strconv.Atoi(args[0]); err != nil || code != want {
		ts.Fatalf("exit code %d, expected %s", code, args[0])
	}
}

// prices FILE sorted reads the JSON of prices as another program would: every
// estimate has its amount within its interval, and the cheapest comes first.
func prices(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || args[1] != "sorted" {
		ts.Fatalf("usage: prices FILE sorted")
	}
	var list struct {
		Estimates []struct {
			Platform, Region string
			Month            struct{ Value, Low, High float64 }
		}
		Unpriced []struct{ Platform, Why string }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &list))
	if n := len(list.Estimates) + len(list.Unpriced); n != len(config.Platforms) || len(list.Estimates) == 0 {
		ts.Fatalf("%d estimates and %d without a price, expected %d platforms", len(list.Estimates), len(list.Unpriced), len(config.Platforms))
	}
	last := 0.0
	for _, e := range list.Estimates {
		if e.Region == "" || e.Month.Value < max(last, 0.01) || e.Month.Low > e.Month.Value || e.Month.High < e.Month.Value {
			ts.Fatalf("%+v behind %v", e, last)
		}
		last = e.Month.Value
	}
}

// comparison FILE [PATH=VALUE...] reads the JSON of a comparison as another
// program would, checks that it has the keys of its contract, and compares
// values: comparison stdout verdict=fail services.0.pairs=8.
func comparison(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: comparison FILE [PATH=VALUE...]")
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &got); err != nil {
		ts.Fatalf("%s is no JSON: %v", args[0], err)
	}
	if got["schema"] == record.ComparisonSchema {
		checkContract(ts, got)
	}
	for _, arg := range args[1:] {
		path, want, _ := strings.Cut(arg, "=")
		if value := fmt.Sprint(at(got, path)); value != want {
			ts.Fatalf("%s is %s, expected %s", path, value, want)
		}
	}
}

// at follows a path of keys and indices, nil where it ends early. The list of
// metrics can be entered by their id.
func at(value any, path string) any {
	for key := range strings.SplitSeq(path, "/") {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			value = element(v, key)
		default:
			return nil
		}
	}
	return value
}

func element(list []any, key string) any {
	if key == "count" {
		return len(list)
	}
	if i, err := strconv.Atoi(key); err == nil && i < len(list) {
		return list[i]
	}
	for _, item := range list {
		if m, ok := item.(map[string]any); ok && (m["id"] == key || m["name"] == key) {
			return item
		}
	}
	return nil
}

// contract lists the keys that other programs read, by where they stand.
var contract = map[string][]string{
	"":                     {"schema", "verdict", "warnings", "services"},
	"services/0":           {"name", "verdict", "pairs", "voided", "warnings", "base", "head", "metrics"},
	"services/0/base":      {"image", "digest", "platform"},
	"services/0/head":      {"image", "digest", "platform"},
	"services/0/metrics/0": {"id", "unit", "direction", "n", "base", "head", "difference", "verdict", "note"},
}

func checkContract(ts *testscript.TestScript, c map[string]any) {
	for path, keys := range contract {
		var object any = c
		if path != "" {
			object = at(c, path)
		}
		m, ok := object.(map[string]any)
		if !ok {
			ts.Fatalf("%q is no object", path)
		}
		for _, key := range keys {
			if _, ok := m[key]; !ok {
				ts.Fatalf("%q has no key %q", path, key)
			}
		}
	}
}

// left [RUN] fails if the engine holds anything of the script's run, or of
// another; ! left fails if it does not.
func left(ts *testscript.TestScript, neg bool, args []string) {
	run := ts.Getenv("PLIMSOLL_RUN")
	if len(args) == 1 {
		run = args[0]
	}
	things := enginetest.Left(testOf(ts), run)
	switch {
	case neg && len(things) == 0:
		ts.Fatalf("the engine holds nothing of run %s", run)
	case !neg && len(things) > 0:
		ts.Fatalf("the engine holds %s", strings.Join(things, ", "))
	}
}

// tbKey is where a script's test stands among its values.
type tbKey struct{}

func testOf(ts *testscript.TestScript) testing.TB { return ts.Value(tbKey{}).(testing.TB) }
