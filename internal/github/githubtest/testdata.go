package githubtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Cache gives the path of a file that scripts/fetch-testdata fetched, and fails
// the test when it is not there.
func Cache(t testing.TB, elements ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{ModuleRoot(t), ".cache"}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v\nrun scripts/fetch-testdata, which fetches what these tests need", err)
	}
	return path
}

// ReleasedBytes is the most that the Action's program may weigh as it is released.
const ReleasedBytes = 18_900_000

// ModuleRoot is the directory of go.mod above the test's own.
func ModuleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's directory")
		}
		dir = parent
	}
}

// Payloads gives GitHub's own examples of an event's payload.
func Payloads(t testing.TB, event string) []json.RawMessage {
	t.Helper()
	raw, err := os.ReadFile(Cache(t, "testdata", "webhooks-examples.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Name     string
		Examples []json.RawMessage
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatalf("read webhook examples: %v", err)
	}
	for _, e := range all {
		if e.Name == event {
			return e.Examples
		}
	}
	t.Fatalf("the webhook examples have none of %s", event)
	return nil
}
