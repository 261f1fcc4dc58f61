package app_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/app"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/engine/enginetest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// These tests wait for the engine most of the time: more of them than there are
// processors can wait at once.
func TestMain(m *testing.M) {
	const atOnce = "4"
	chosen := false
	flag.Parse()
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", atOnce); err != nil {
			panic(err)
		}
	}
	dir, err := os.MkdirTemp("", "plimsoll-app-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	scratch = dir
	m.Run()
}

// scratch is where the commands are built that all tests share.
var scratch string

// The whole way in one process, for the race detector.
func TestMainInProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plimsoll.yml")
	if err := os.WriteFile(file, []byte(brief), 0o644); err != nil {
		t.Fatal(err)
	}
	run := "inside-" + engine.NewID()
	var stdout, stderr bytes.Buffer
	env := app.Env{Stdout: &stdout, Stderr: &stderr, Getenv: func(name string) string {
		switch name {
		case "PLIMSOLL_RUN":
			return run
		case "PLIMSOLL_GUARDS":
			return "off" // other tests are neighbours
		}
		return os.Getenv(name)
	}}
	code := app.Main(t.Context(), env, []string{"measure", "--boots", "2", "-c", file, "--format", "json", "plimsoll.test/entrycmd"})
	for _, thing := range enginetest.Left(t, run) {
		t.Errorf("the engine still holds %s", thing)
	}
	var rec record.Record
	if err := json.Unmarshal(stdout.Bytes(), &rec); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v\n%s", code, err, stderr.String())
	}
	if len(rec.Trials) != 3 || len(rec.Metrics[record.MemoryPeak].Values) != 2 {
		t.Errorf("%d trials and %d values of memory.peak, expected a warm-up and two boots", len(rec.Trials), len(rec.Metrics[record.MemoryPeak].Values))
	}
	if !strings.Contains(stderr.String(), "plimsoll: boot 1 of 2") {
		t.Errorf("it said\n%s", stderr.String())
	}
}
