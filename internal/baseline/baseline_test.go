package baseline_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/baseline"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

var someDigest = "sha256:" + strings.Repeat("0a", 32)

func example() *record.Record {
	return &record.Record{
		Schema: record.RecordSchema, Image: "app:base", Digest: someDigest, Platform: "linux/amd64", Source: "docker-daemon",
		Created: time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC), Tool: "plimsoll dev",
		Layers: []record.Layer{{DiffID: someDigest, Size: 10, Compressed: 5, Files: 1, Instruction: "COPY a /"}},
		Trials: []record.Trial{{
			Pair: 1, Metrics: map[record.MetricID]float64{record.StartupReady: 0.2},
			Memory: record.Timeline{At: []record.Seconds{0.1}, Unreclaimable: []record.Bytes{1}, Cache: []record.Bytes{2}},
		}},
		Metrics: map[record.MetricID]record.Measured{
			record.ImageSize:    {Unit: record.UnitBytes, Value: 10},
			record.StartupReady: {Unit: record.UnitSeconds, Value: 0.2, Values: []float64{0.2}},
		},
		Warnings: []string{},
	}
}

func encoded(t testing.TB, rec *record.Record) string {
	t.Helper()
	var out bytes.Buffer
	if err := baseline.Encode(&out, rec); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func checkError(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got error %v, want %q", what, err, want)
	}
}

func TestWriteThenRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "record.json")
	for range 2 { // the second one replaces the first
		if err := baseline.Write(path, example()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := baseline.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(example(), got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("found %v beside the record, %v", left, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestFailedWriteKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "record.json")
	if err := baseline.Write(path, example()); err != nil {
		t.Fatal(err)
	}
	bad := example()
	bad.Metrics[record.StartupReady] = record.Measured{Unit: record.UnitSeconds, Value: math.NaN()}
	checkError(t, "NaN", baseline.Write(path, bad), `metrics["startup.ready"]: NaN, expected a finite number`)
	if _, err := baseline.Read(path); err != nil {
		t.Errorf("the record that was there: %v", err)
	}
	target := filepath.Join(dir, "directory")
	if err := os.MkdirAll(filepath.Join(target, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	checkError(t, "a directory in the way", baseline.Write(target, example()), "record "+target)
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("found %v, %v", left, err)
	}
	err = baseline.Write(filepath.Join(dir, "missing", "record.json"), example())
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestDecodeRejects(t *testing.T) {
	good := encoded(t, example())
	change := func(from, to string) string {
		if !strings.Contains(good, from) {
			t.Fatalf("no %q in\n%s", from, good)
		}
		return strings.Replace(good, from, to, 1)
	}
	for name, c := range map[string]struct{ raw, want string }{
		"empty":             {" \n", "empty, expected a record"},
		"no JSON":           {"FROM scratch", "line 1, column 1: invalid character 'F'"},
		"cut short":         {good[:len(good)/2], "unexpected end of JSON input"},
		"two documents":     {good + good, "after top-level value"},
		"a list":            {"[]", "not a record: line 1, column 1: json: cannot unmarshal array"},
		"no schema":         {"{}", "JSON without a schema"},
		"other schema":      {change("plimsoll/record/v1", "https://example.com"), `schema "https://example.com", expected "plimsoll/record/v1"`},
		"comparison":        {change("plimsoll/record/v1", "plimsoll/comparison/v1"), "a comparison (plimsoll/comparison/v1), expected the record of one image"},
		"newer schema":      {change("plimsoll/record/v1", "plimsoll/record/v2"), "newer than this program, which reads plimsoll/record/v1: update plimsoll"},
		"older schema":      {change("plimsoll/record/v1", "plimsoll/record/v0"), "not a record"},
		"schema as number":  {change(`"plimsoll/record/v1"`, "1"), "line 2, column"},
		"infinite":          {change(`"value": 0.2`, `"value": 1e999`), "cannot unmarshal number 1e999"},
		"NaN":               {change(`"value": 0.2`, `"value": NaN`), "invalid character 'N'"},
		"negative":          {change(`"value": 10`, `"value": -10`), `metrics["image.size"]: -10, expected a finite number that is not negative`},
		"negative in trial": {change(`"startup.ready": 0.2`, `"startup.ready": -1`), `trials[0]: metrics["startup.ready"]: -1`},
		"wrong unit":        {change(`"unit": "B"`, `"unit": "MB"`), `metrics["image.size"]: unit "MB", expected "B"`},
		"no image":          {change(`"app:base"`, `""`), "image: empty"},
		"digest":            {change(someDigest, "sha256:12"), `digest: "sha256:12", expected sha256:`},
		"layer":             {change(`"diff_id": "`+someDigest, `"diff_id": "md5:1`), `layers[0]: diff_id "md5:1"`},
		"layer size":        {change(`"compressed": 5`, `"compressed": -5`), "layers[0]: size 10, compressed -5"},
		"order":             {change(`"order": 0`, `"order": 2`), "trials[0]: pair 1, order 2"},
		"ragged timeline":   {change(`"cache": [`, `"cache": [7, `), "memory: columns of 1, 1 and 2 samples"},
	} {
		_, err := baseline.Decode(strings.NewReader(c.raw))
		checkError(t, name, err, c.want)
	}
	_, err := baseline.Decode(io.LimitReader(spaces{}, baseline.MaxSize+10))
	checkError(t, "too long", err, "longer than 67108864 bytes")
}

// spaces reads blanks for ever.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// A schema version may gain keys and metrics.
func TestDecodeIgnoresWhatItDoesNotKnow(t *testing.T) {
	raw := strings.Replace(encoded(t, example()), `"image.size"`, `"image.entropy": {"unit": "bit", "value": 1}, "image.size"`, 1)
	raw = strings.Replace(raw, "{", `{"added": [1, 2],`, 1)
	got, err := baseline.Decode(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got.Metrics["image.entropy"].Value != 1 {
		t.Errorf("metrics: %v", got.Metrics)
	}
}

func TestIsRecord(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pipe := filepath.Join(dir, "pipe.json")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		write("record.json", "{}"):                   true,
		write("broken.JSON", ""):                     true,
		write("main", encoded(t, example())):         true,
		write("app", "\x7fELF"):                      false,
		write("empty", ""):                           false,
		write("other", `{"schema": "something"}`):    false,
		write("image.tar", strings.Repeat("x", 600)): false,
		dir:                              false,
		pipe:                             false,
		filepath.Join(dir, "none.json"):  false,
		"app:base":                       false,
		"":                               false,
		"oci:" + dir:                     false,
		"docker://registry.example/a:v1": false,
	} {
		if got := baseline.IsRecord(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
	_, err := baseline.Read(pipe)
	checkError(t, "pipe", err, "expected a regular file")
}

// What Decode accepts can be written and read again, to the same record.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(encoded(f, example())))
	f.Add([]byte(`{"schema":"plimsoll/record/v1","image":"a"}`))
	f.Add([]byte(`{"schema":"plimsoll/record/v2"}`))
	f.Add([]byte(`{"schema":"plimsoll/record/v1","image":"a","metrics":{"image.size":{"unit":"B","value":1e308,"values":[1,2]}},"trials":[{"pair":-1}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		rec, err := baseline.Decode(bytes.NewReader(raw))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := baseline.Encode(&out, rec); err != nil {
			t.Fatalf("cannot write what was read: %v", err)
		}
		again, err := baseline.Decode(&out)
		if err != nil {
			t.Fatalf("cannot read what was written: %v", err)
		}
		var second bytes.Buffer
		if err := baseline.Encode(&second, again); err != nil || encoded(t, rec) != second.String() {
			t.Errorf("differs the second time: %v", err)
		}
	})
}
