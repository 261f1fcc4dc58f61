package report_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// saved is a comparison as the tool writes it.
func saved(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile("../record/testdata/comparison.json")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// errRefused is a comparison that is not taken, which is fine.
var errRefused = errors.New("refused")

// renders puts a stranger's comparison into every format. Nothing else may be made
// of it but an error or a report.
func renders(raw []byte) error {
	c, err := record.ParseComparison(raw)
	if err != nil {
		return errRefused
	}
	o := report.Options{Config: c.Config, Label: "ok", Subject: "This pull request"}
	report.Terminal(c, o)
	report.Headline(c, o)
	if n := len(report.Markdown(c, o)); n > report.DefaultLimit {
		return fmt.Errorf("a comment of %d bytes", n)
	}
	if _, err := report.HTML(c, o); err != nil {
		return fmt.Errorf("HTML: %w", err)
	}
	report.JUnit(c)
	if _, err := report.CodeQuality(c); err != nil {
		return fmt.Errorf("code quality: %w", err)
	}
	written, err := report.JSON(c)
	if err != nil {
		return fmt.Errorf("JSON: %w", err)
	}
	if _, err := record.ParseComparison(written); err != nil {
		return fmt.Errorf("JSON that was written is refused: %w", err)
	}
	for _, s := range c.Services {
		for _, m := range s.Metrics {
			report.Annotation(s, m)
		}
		if _, err := report.RecordJSON(s.Head); err != nil {
			return fmt.Errorf("record: %w", err)
		}
	}
	return nil
}

func FuzzForeignComparison(f *testing.F) {
	f.Add(saved(f))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := renders(raw); err != nil && !errors.Is(err, errRefused) {
			t.Error(err)
		}
	})
}

// odd are values that a program might put where another belongs.
var odd = []any{nil, 0, -1, 1, 2, 1e15, -1e15, 1e-300, 0.5, 1 << 45, -(1 << 45), "", "|`<b>@a::", "k6: x", []any{}, map[string]any{}, true,
	"pass", "fail", "missing", "none", "inconclusive", "1970-01-01T00:00:00Z"}

// tamper replaces, removes or repeats one value somewhere in a document.
func tamper(t *rapid.T, at any) any {
	stop := rapid.IntRange(0, 9).Draw(t, "stop") == 0
	switch in := at.(type) {
	case map[string]any:
		if len(in) == 0 || stop {
			break
		}
		key := rapid.SampledFrom(slices.Sorted(maps.Keys(in))).Draw(t, "key")
		if rapid.IntRange(0, 9).Draw(t, "remove") == 0 {
			delete(in, key)
			return in
		}
		in[key] = tamper(t, in[key])
		return in
	case []any:
		if len(in) == 0 || stop {
			break
		}
		index := rapid.IntRange(0, len(in)-1).Draw(t, "index")
		if rapid.IntRange(0, 9).Draw(t, "repeat") == 0 {
			return append(in, in[index])
		}
		in[index] = tamper(t, in[index])
		return in
	}
	return rapid.SampledFrom(odd).Draw(t, "value")
}

// Whatever was done to a comparison, and still lets it be read, it renders.
func TestTamperedComparisonsRender(t *testing.T) {
	whole := saved(t)
	rapid.Check(t, func(t *rapid.T) {
		var document any
		if err := json.Unmarshal(whole, &document); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 8).Draw(t, "changes") {
			document = tamper(t, document)
		}
		raw, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		if err := renders(raw); err != nil && !errors.Is(err, errRefused) {
			t.Fatal(err)
		}
	})
}
