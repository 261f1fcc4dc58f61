package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/bench/accuracy"
	"github.com/plimsoll-ci/plimsoll/internal/app"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The plan of the comparisons is short, so that many fit into the bench. The fewer
// requests there are, and the shorter the time they come in, the more their CPU
// time varies from boot to boot: an image whose requests cost little gets 1,200 of
// them. Of those that cost 2 ms, 80 will do.
const comparisonPlan = `services:
  - image: %s
    base: %s
    ready: {http: /, port: 8080}
    idle: 100ms
    load: {stages: [%s]}
    budgets:
`

// compareForReal runs the whole product, with the same budget on every gated
// metric, and gives what it said and saw.
func compareForReal(b *testing.B, base, head string, grow float64, gated ...record.MetricID) accuracy.Run {
	b.Helper()
	file := filepath.Join(b.TempDir(), "plimsoll.yml")
	load := "{for: 3s, rate: 400}"
	if strings.HasPrefix(base, "plimsoll.test/cost") {
		load = "{for: 400ms, rate: 200}"
	}
	plan := fmt.Appendf(nil, comparisonPlan, head, base, load)
	for _, id := range gated {
		plan = fmt.Appendf(plan, "      %s: {grow: %g%%}\n", id, 100*grow)
	}
	if err := os.WriteFile(file, plan, 0o600); err != nil {
		b.Fatal(err)
	}
	var out, problems bytes.Buffer
	code := app.Main(b.Context(), app.Env{Getenv: os.Getenv, Stdout: &out, Stderr: &problems},
		[]string{"compare", "-c", file, "--quiet", "--format", "json"})
	var c record.Comparison
	if err := json.Unmarshal(out.Bytes(), &c); err != nil || code == app.ExitUsage || code == app.ExitMissing {
		b.Fatalf("compare %s with %s: exit code %d: %v\n%s", base, head, code, err, problems.String())
	}
	return runOf(base, head, grow, c.Services[0])
}

// runOf keeps the gated metrics of the pairs that count.
func runOf(base, head string, grow float64, s record.Service) accuracy.Run {
	r := accuracy.Run{Base: base, Head: head, Grow: grow, Verdict: s.Verdict, Voided: s.Voided}
	for _, m := range s.Metrics {
		if m.Verdict == record.Fail {
			r.Failed = append(r.Failed, m.ID)
		}
	}
	heads := map[int]record.Trial{}
	for _, t := range s.Head.Trials {
		heads[t.Pair] = t
	}
	for _, t := range s.Base.Trials {
		if other, both := heads[t.Pair]; both && t.Pair > 0 && t.Void == "" && other.Void == "" {
			r.Pairs = append(r.Pairs, accuracy.Pair{Base: gatedOf(t), Head: gatedOf(other)})
		}
	}
	return r
}

func gatedOf(t record.Trial) map[record.MetricID]float64 {
	values := map[record.MetricID]float64{}
	for _, id := range accuracy.Gated {
		if v, ok := t.Metrics[id]; ok {
			values[id] = v
		}
	}
	return values
}

// pairRows compares images with themselves, a real server and one of which the
// costs are known by turns. Without a budget nothing is ever decided
// but by chance, so nearly every run goes to the last look.
func pairRows(r *rig) []accuracy.Run {
	var runs []accuracy.Run
	for i := range r.boots(20) {
		image := []string{"plimsoll.example/gin", "plimsoll.test/cost100"}[i%2]
		runs = append(runs, compareForReal(r.b, image, image, 0, accuracy.Gated...))
	}
	return runs
}

// injectedRows compares with images that cost more by a known share.
func injectedRows(r *rig) []accuracy.Run {
	var runs []accuracy.Run
	for range r.boots(4) {
		for _, more := range []int{110, 115, 120} {
			runs = append(runs, compareForReal(r.b, "plimsoll.test/cost100", fmt.Sprintf("plimsoll.test/cost%d", more), 0.05,
				record.MemoryPeak, record.CPURequest))
		}
	}
	return runs
}
