package analyze

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestPull(t *testing.T) {
	layer := func(diff, digest string, size record.Bytes) record.Layer {
		return record.Layer{DiffID: diff, Digest: digest, Compressed: size}
	}
	for _, c := range []struct {
		name       string
		base, head []record.Layer
		want       record.Bytes
	}{
		{"nothing held", nil, []record.Layer{layer("a", "A", 1), layer("b", "B", 2)}, 3},
		{"same image", []record.Layer{layer("a", "A", 1)}, []record.Layer{layer("a", "A", 1)}, 0},
		{"order does not matter", []record.Layer{layer("a", "A", 1), layer("b", "B", 2)}, []record.Layer{layer("b", "B", 2), layer("a", "A", 1)}, 0},
		{"same content, another blob", []record.Layer{layer("a", "A", 1)}, []record.Layer{layer("a", "A2", 4)}, 4},
		{"same content, one side not compressed", []record.Layer{layer("a", "", 1)}, []record.Layer{layer("a", "A2", 4)}, 0},
		{"a layer twice is fetched once", nil, []record.Layer{layer("a", "A", 1), layer("a", "A", 1)}, 1},
		{"base larger than head", []record.Layer{layer("a", "A", 1), layer("b", "B", 2)}, []record.Layer{layer("a", "A", 1)}, 0},
	} {
		if got := Pull(c.base, c.head); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// A layer of both images weighs the same in both, however each was read.
func TestSharedLayersHaveOneEstimate(t *testing.T) {
	layer := func(id string, size record.Bytes) record.Layer {
		return record.Layer{DiffID: id, Compressed: size, Estimated: true}
	}
	base := Image{Layers: []record.Layer{layer("a", 100), layer("b", 50)}}
	head := Image{Layers: []record.Layer{layer("a", 103), layer("c", 7)}}
	b, h, err := Comparable(base, head)
	if err != nil || b.Layers[0].Compressed != 100 || h.Layers[0].Compressed != 100 || h.Layers[1].Compressed != 7 {
		t.Errorf("%+v and %+v, %v", b.Layers, h.Layers, err)
	}
	if head.Layers[0].Compressed != 103 {
		t.Error("the argument was changed")
	}
}

func TestInstruction(t *testing.T) {
	for raw, want := range map[string]string{
		"/bin/sh -c #(nop) COPY file:abc in /app ":           "COPY file:abc in /app",
		"/bin/sh -c #(nop)  CMD [\"sh\"]":                    `CMD ["sh"]`,
		"/bin/sh -c apt-get update":                          "RUN apt-get update",
		"RUN /bin/sh -c apt-get update # buildkit":           "RUN apt-get update",
		"COPY /src /dst # buildkit":                          "COPY /src /dst",
		"RUN |2 TOKEN=secret N=1 /bin/sh -c make # buildkit": "RUN make",
		"|1 TOKEN=a /bin/sh -c b /bin/sh -c make":            "RUN b /bin/sh -c make",
		"RUN /app migrate # buildkit":                        "RUN /app migrate",
		"bazel build //image":                                "bazel build //image",
		"":                                                   "",
		"/bin/sh -c " + strings.Repeat("x", 5000):            "RUN " + strings.Repeat("x", 1020) + "…",
	} {
		if got := instruction(raw); got != want {
			t.Errorf("%q became %q, want %q", raw, got, want)
		}
	}
}

func TestInstructionsThatDoNotFit(t *testing.T) {
	file := &v1.ConfigFile{RootFS: v1.RootFS{DiffIDs: make([]v1.Hash, 2)}}
	got, warning := instructions(file)
	if d := cmp.Diff([]string{"", ""}, got); d != "" || !strings.Contains(warning, "no history") {
		t.Errorf("%q, %q", got, warning)
	}
	file.History = []v1.History{{CreatedBy: "a"}, {CreatedBy: "b", EmptyLayer: true}}
	got, warning = instructions(file)
	if d := cmp.Diff([]string{"", ""}, got); d != "" || !strings.Contains(warning, "tells of 1 layers and there are 2") {
		t.Errorf("%q, %q", got, warning)
	}
}

func TestRecordAndMetrics(t *testing.T) {
	img := Image{
		Ref: "app:head", Source: Daemon, Digest: "sha256:1", Platform: amd64, Stored: 100, Live: 60, Files: 7,
		Layers: []record.Layer{{DiffID: "a", Size: 60, Compressed: 30}, {DiffID: "b", Size: 40, Compressed: 20, Estimated: true}},
	}
	got := Record(img)
	want := map[record.MetricID]record.Measured{
		"image.size":       {Unit: "B", Value: 100},
		"image.compressed": {Unit: "B", Value: 50, Estimated: true},
		"image.wasted":     {Unit: "B", Value: 40},
		"image.layers":     {Unit: "1", Value: 2},
		"image.files":      {Unit: "1", Value: 7},
	}
	if d := cmp.Diff(want, got.Metrics); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for id, m := range got.Metrics {
		if known, ok := record.Lookup(id); !ok || known.Unit != m.Unit || !known.Exact {
			t.Errorf("%s is not in the catalog as an exact metric in %s", id, m.Unit)
		}
	}
	if got.Schema != record.RecordSchema || got.Image != "app:head" || got.Platform != "linux/amd64" || got.Source != "docker-daemon" {
		t.Errorf("%+v", got)
	}
	raw, err := json.Marshal(Record(Image{}))
	if err != nil || !strings.Contains(string(raw), `"layers":[]`) || !strings.Contains(string(raw), `"warnings":[]`) {
		t.Errorf("lists are null: %s, %v", raw, err)
	}
}
