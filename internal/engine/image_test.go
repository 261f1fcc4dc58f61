package engine

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Engines answer 200 and tell what went wrong in the stream that follows.
func TestStreamError(t *testing.T) {
	for name, c := range map[string]struct{ stream, want string }{
		"fine":                   {`{"stream":"Loaded image: app\n"}` + "\n", ""},
		"nothing":                {"", ""},
		"error at the end":       {"{\"status\":\"Loading layer\"}\n{\"errorDetail\":{\"message\":\"no space\"},\"error\":\"no space\"}\n", "load app: no space"},
		"no JSON":                {"something else\n", ""},
		"a line without an end":  {`{"error":"cut"}`, "load app: cut"},
		"a line beyond measure":  {strings.Repeat("x", 2<<20), "load app: read the engine's answer: bufio.Scanner: token too long"},
		"errors of two messages": {"{\"error\":\"first\"}\n{\"error\":\"second\"}\n", "load app: first"},
	} {
		got := ""
		if err := streamError("load app", strings.NewReader(c.stream)); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, expected %q", name, got, c.want)
		}
	}
}

func TestCommandIsEntrypointAndCmd(t *testing.T) {
	entrypoint := make([]string, 1, 4)
	entrypoint[0] = "/app"
	image := Image{Entrypoint: entrypoint, Cmd: []string{"serve"}}
	if d := cmp.Diff([]string{"/app", "serve"}, image.Command()); d != "" {
		t.Error(d)
	}
	image.Command()[0] = "changed"
	if image.Entrypoint[0] != "/app" {
		t.Error("the command shares its memory with the entrypoint")
	}
}

func TestTmpfs(t *testing.T) {
	want := map[string]string{"/tmp": "", "/run": "size=64m,mode=1777"}
	if d := cmp.Diff(want, tmpfs([]string{"/tmp", "/run:size=64m,mode=1777"})); d != "" {
		t.Error(d)
	}
}
