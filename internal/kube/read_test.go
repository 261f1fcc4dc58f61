package kube_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/golden"
	"github.com/plimsoll-ci/plimsoll/internal/kube"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const mib = 1 << 20

func source(t testing.TB, name string) kube.File {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return kube.File{Name: filepath.Base(name), Source: src}
}

func read(t testing.TB, name string, choice kube.Choice) kube.Workload {
	t.Helper()
	w, err := kube.Read([]kube.File{source(t, name)}, choice)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A chart as helm renders it: comments, empty documents, other kinds, a custom
// resource of the same kind, a list.
func TestReadsARenderedChart(t *testing.T) {
	w := read(t, "chart.yaml", kube.Choice{})
	want := config.Manifest{
		Limits: record.Limits{CPUs: 0.5, Memory: 256 * mib}, User: "1000:2000",
		Ready:   record.Ready{Kind: record.ReadyHTTP, Path: "/ready", Port: 8080, Timeout: 150},
		Command: []string{"/app", "--port=8080", "$(OTHER)", "$(MODE)"},
		Env:     map[string]string{"MODE": "test", "PORT": "8080", "GREETING": "in test", "EMPTY": ""},
	}
	if d := cmp.Diff(want, w.Manifest()); d != "" {
		t.Errorf("manifest (-want +got):\n%s", d)
	}
	least, most, target := w.Bounds()
	if least != 2 || most != 6 || target != 0.6 {
		t.Errorf("bounds %d, %d, %g, expected 2, 6, 0.6", least, most, target)
	}
	if got, want := w.Requested(), (record.Limits{CPUs: 0.25, Memory: 128 * mib}); got != want {
		t.Errorf("requested %+v, expected %+v", got, want)
	}
	notes := strings.Join(w.Notes, "\n")
	for _, want := range []string{"init containers are not run: migrate", "neither run nor priced: proxy", "variables PASSWORD, HOST", "envFrom", `mounted at "/etc/app"`} {
		if !strings.Contains(notes, want) {
			t.Errorf("no note of %q in\n%s", want, notes)
		}
	}
	if strings.Contains(notes, "in test") {
		t.Error("a note tells a value")
	}
}

func TestReadsTheOtherKinds(t *testing.T) {
	kinds := "kinds.yaml"
	for name, c := range map[string]struct {
		least, most int
		target      float64
		ready       record.Ready
		memory      record.Bytes
	}{
		"db":      {3, 3, 0, record.Ready{Kind: record.ReadyTCP, Port: 5432}, 1 << 30},
		"agent":   {0, 0, 0, record.Ready{Kind: record.ReadyGRPC, Service: "up", Port: 9000}, 100e6},
		"report":  {0, 0, 0, record.Ready{Kind: record.ReadyExit}, 64 * mib},
		"once":    {0, 0, 0, record.Ready{Kind: record.ReadyExit}, 32 * mib},
		"alone":   {1, 1, 0, record.Ready{}, 0},
		"scaled":  {1, 4, 0.5, record.Ready{Kind: record.ReadyAuto, Port: 80}, 0},
		"unasked": {2, 3, 0.8, record.Ready{}, 0},
		"queue":   {1, 5, 0, record.Ready{Kind: record.ReadyTCP, Port: 8443, Timeout: 1}, 0},
	} {
		w := read(t, kinds, kube.Choice{Workload: name})
		least, most, target := w.Bounds()
		if least != c.least || most != c.most || target != c.target {
			t.Errorf("%s: bounds %d, %d, %g, expected %+v", name, least, most, target, c)
		}
		m := w.Manifest()
		if d := cmp.Diff(c.ready, m.Ready); d != "" {
			t.Errorf("%s: ready (-want +got):\n%s", name, d)
		}
		if m.Limits.Memory != c.memory {
			t.Errorf("%s: memory limit %d, expected %d", name, m.Limits.Memory, c.memory)
		}
	}
}

func TestFindsTheAutoscalerInAnotherFile(t *testing.T) {
	w, err := kube.Read([]kube.File{source(t, "bare.yaml"), source(t, "scaler.yaml")}, kube.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if w.Autoscaler == nil || w.Autoscaler.MaxAt != (kube.Place{File: "scaler.yaml", Line: 7, Column: 16}) {
		t.Errorf("autoscaler %+v", w.Autoscaler)
	}
}

// Every mistake of a file comes with its place, all of them at once.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/err/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, err := kube.Read([]kube.File{source(t, "err/"+filepath.Base(file))}, kube.Choice{})
			var all config.Errors
			if !errors.As(err, &all) {
				t.Fatalf("not config.Errors: %v", err)
			}
			golden.Compare(t, strings.TrimSuffix(file, ".yaml")+".txt", err.Error()+"\n")
		})
	}
}

func TestChoices(t *testing.T) {
	for _, c := range []struct {
		file   string
		choice kube.Choice
		want   string
	}{
		{"kinds.yaml", kube.Choice{}, `there are 8 workloads, "StatefulSet db" (kinds.yaml:1:1)`},
		{"kinds.yaml", kube.Choice{Workload: "bd"}, `there is no workload "bd" here, expected one of "StatefulSet db" (kinds.yaml:1:1)`},
		{"kinds.yaml", kube.Choice{Workload: "bd"}, `did you mean "db"?`},
		{"chart.yaml", kube.Choice{Container: "apj"}, `there is no container "apj" here, expected one of "api", "proxy"; did you mean "api"?`},
	} {
		_, err := kube.Read([]kube.File{source(t, c.file)}, c.choice)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %+v: %v, expected %q", c.file, c.choice, err, c.want)
		}
	}
}

func TestRefusesWhatIsTooLarge(t *testing.T) {
	_, err := kube.Read([]kube.File{{Name: "large.yaml", Source: make([]byte, 50<<20)}}, kube.Choice{})
	if err == nil || !strings.Contains(err.Error(), "large.yaml:1:1: the file has 52428800 bytes, expected at most 8388608 (8 MiB)") {
		t.Error(err)
	}
	var bomb strings.Builder
	bomb.WriteString("kind: ConfigMap\nx0: &x0 [a, a, a, a, a, a, a, a, a, a]\n")
	for i := range 9 {
		a := string(rune('0' + i))
		b := string(rune('1' + i))
		bomb.WriteString("x" + b + ": &x" + b + " [" + strings.Repeat("*x"+a+", ", 10) + "]\n")
	}
	_, err = kube.Read([]kube.File{{Name: "bomb.yaml", Source: []byte(bomb.String())}}, kube.Choice{})
	if err == nil || !strings.Contains(err.Error(), "expand to more than 500000 values") {
		t.Error(err)
	}
}

// Variables that name each other double at every step: what they grow to is
// bounded.
func TestVariablesDoNotExplode(t *testing.T) {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    env:\n    - {name: V0, value: xxxxxxxxxx}\n")
	names := "V0"
	for i := range 60 {
		next := "V" + strings.Repeat("i", i+1)
		b.WriteString("    - {name: " + next + ", value: $(" + names + ")$(" + names + ")}\n")
		names = next
	}
	_, err := kube.Read([]kube.File{{Name: "a.yaml", Source: []byte(b.String())}}, kube.Choice{})
	if err == nil || !strings.Contains(err.Error(), "the variables have more than 2097152 bytes together") {
		t.Errorf("%.300v", err)
	}
}
