package record_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// honest is a comparison as the tool writes it, of two small services.
func honest(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/comparison.json")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestHonestComparisonParses(t *testing.T) {
	c, err := record.ParseComparison(honest(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Services) == 0 || len(c.Services[0].Metrics) == 0 || len(c.Services[0].Head.Trials) == 0 || c.Config == "" {
		t.Errorf("a part is missing: %d services, configuration %q", len(c.Services), c.Config)
	}
}

// spoilt is the honest comparison with one value of its JSON replaced.
func spoilt(t testing.TB, path string, value any) []byte {
	t.Helper()
	var whole any
	if err := json.Unmarshal(honest(t), &whole); err != nil {
		t.Fatal(err)
	}
	at, keys := whole, strings.Split(path, "/")
	for i, key := range keys {
		last := i == len(keys)-1
		switch in := at.(type) {
		case map[string]any:
			if last {
				in[key] = value
			}
			at = in[key]
		case []any:
			var index int
			if _, err := fmt.Sscan(key, &index); err != nil || index >= len(in) {
				t.Fatalf("%s: no entry %s", path, key)
			}
			if last {
				in[index] = value
			}
			at = in[index]
		default:
			t.Fatalf("%s: nothing at %s", path, key)
		}
	}
	raw, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestTamperedComparisonsAreRefused(t *testing.T) {
	for path, c := range map[string]struct {
		value any
		want  string
	}{
		"schema":                                         {"plimsoll/comparison/v2", `schema "plimsoll/comparison/v2", expected "plimsoll/comparison/v1"`},
		"verdict":                                        {"none", "verdict: none, but the gravest of its parts is "},
		"services/0/verdict":                             {"pass", "services[0].verdict: pass, but the gravest of its parts is fail"},
		"services/0/metrics/0/verdict":                   {"pass", "services[0].metrics[0]: pass, but head is over the budget"},
		"services/0/metrics/1/verdict":                   {"excellent", `services[0].metrics[1].verdict: "excellent", expected pass, fail`},
		"services/0/metrics/2/verdict":                   {"accepted", "services[0].metrics[2]: accepted"},
		"services/0/metrics/0/budget":                    {nil, "services[0].metrics[0]: fail without a budget"},
		"services/0/metrics/0/id":                        {"image.beauty", `"image.beauty", which this version of plimsoll does not know`},
		"services/0/metrics/0/unit":                      {"s", `image.size in "s", expected B`},
		"services/0/metrics/0/direction":                 {"up", `services[0].metrics[0].direction: "up"`},
		"services/0/metrics/0/line":                      {-1, "services[0].metrics[0].line: -1: no such line"},
		"services/0/metrics/0/head":                      {1e308, "services[0].metrics[0].head: 1e+308, expected a number within"},
		"services/0/cost/base":                           {-1e16, "services[0].cost.base: -1e+16"},
		"services/0/head/layers/0/size":                  {int64(1) << 60, "services[0].head.layers[0].size: 1152921504606846976"},
		"services/0/head/trials/0/memory/at":             {[]any{1}, "services[0].head.trials[0].memory: columns of 1, "},
		"services/0/head/trials/0/pair":                  {-3, "services[0].head.trials[0]: pair -3"},
		"services/0/head/trials/0/metrics/startup.ready": {1e300, `services[0].head.trials[0].metrics["startup.ready"]: 1e+300`},
		"services/0/base":                                {nil, `services[0].base: schema "" of image ""`},
		"services/0/name":                                {"a\n::error::b", `services[0].name: "a\n::error::b"`},
		"services/0/pairs":                               {"many", `line 1, column `},
		"services/0/incomplete":                          {"yes", `is "string", expected bool`},
		"services":                                       {[]any{}, "verdict: fail, but the gravest of its parts is none"},
		"incomplete":                                     {1, "expected bool"},
		"config":                                         {"../../etc/passwd", `config: "../../etc/passwd", expected a path within the repository`},
		"on_inconclusive":                                {"missing", `on_inconclusive: "missing"`},
		"created":                                        {"yesterday", "not a comparison: "},
		"accepted":                                       {map[string]any{"by": "a\u202eb"}, "accepted: expected a login"},
	} {
		raw := spoilt(t, path, c.value)
		_, err := record.ParseComparison(raw)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s = %v: error %v, want it to say %q", path, c.value, err, c.want)
		}
		if err != nil && strings.ContainsAny(strings.ReplaceAll(err.Error(), "\n", ""), "\r\x1b\u202e") {
			t.Errorf("%s: the error holds what a terminal obeys: %q", path, err)
		}
	}
}

func TestManyFaultsAreToldAtOnce(t *testing.T) {
	raw := strings.ReplaceAll(string(honest(t)), `"direction": "lower"`, `"direction": "sideways"`)
	_, err := record.ParseComparison([]byte(raw))
	if err == nil || strings.Count(err.Error(), "sideways") < 10 || strings.Count(err.Error(), "\n") > 20 {
		t.Errorf("error %v", err)
	}
}

// What would take much memory or time is refused before it does.
func TestMonstersAreRefused(t *testing.T) {
	list := func(key, entry string, n int) string {
		return `{"schema":"plimsoll/comparison/v1","` + key + `":[` + strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + `]}`
	}
	deep := func(open, inner, end string) string {
		return strings.Repeat(open, 1000) + inner + strings.Repeat(end, 1000)
	}
	for name, c := range map[string]struct{ raw, want string }{
		"empty":            {" \n", "empty, expected a comparison.json"},
		"not JSON":         {"<html>", "line 1, column 1: invalid character"},
		"not UTF-8":        {"{\"schema\": \"\xff\"}", "not valid UTF-8"},
		"a list":           {"[]", "expected struct"},
		"a number":         {"1", "expected struct"},
		"NaN":              {`{"schema":"plimsoll/comparison/v1","created":NaN}`, "invalid character 'N'"},
		"beyond a float":   {`{"schema":"plimsoll/comparison/v1","services":[{"cost":{"base":1e999}}]}`, "1e999"},
		"a record":         {`{"schema":"plimsoll/record/v1"}`, "the record of one image"},
		"nothing known":    {`{}`, `schema ""`},
		"100 MB":           {strings.Repeat(" ", 100<<20), "longer than 33554432 bytes"},
		"deep lists":       {`{"schema":"plimsoll/comparison/v1","x":` + deep("[", "", "]") + `}`, "nested deeper than 64"},
		"deep objects":     {deep(`{"children":`, "1", "}"), "nested deeper than 64"},
		"very deep":        {strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20), "exceeded max depth"},
		"services":         {list("services", "{}", 1000), `more than 200 entries in "services"`},
		"services, spelt":  {list("\\u0073ERVICE\u017f", "{}", 1000), "more than 200 entries in"},
		"trials":           {`{"services":[{"head":` + list("trials", "{}", 501) + `}]}`, `more than 500 entries in "trials"`},
		"a long list":      {list("packages", `""`, 60_000), `more than 50000 entries in "packages"`},
		"warnings":         {list("Warnings", `""`, 501), `more than 500 entries in "Warnings"`},
		"metrics":          {`{"services":[` + list("metrics", "{}", 1001) + `]}`, `more than 1000 entries in "metrics"`},
		"many long lists":  {`{"a":[` + strings.TrimSuffix(strings.Repeat("["+strings.Repeat("0,", 40_000)+"0],", 30), ",") + `]}`, "more than 1000000 entries in all its lists"},
		"very many values": {list("at", "0", 4_000_001), "more than 4000000 numbers"},
		"a long text":      {list("warnings", `"`+strings.Repeat("a", 1<<20)+`"`, 1), "a text is longer than"},
	} {
		if _, err := record.ParseComparison([]byte(c.raw)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %.300v, want it to say %q", name, err, c.want)
		}
	}
}

func FuzzParseComparison(f *testing.F) {
	f.Add(honest(f))
	f.Add([]byte(`{"schema":"plimsoll/comparison/v1","verdict":"missing","incomplete":true,"warnings":["\ud800"],"services":[]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := record.ParseComparison(raw)
		if err != nil {
			return
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatalf("cannot be written again: %v", err)
		}
		if _, err := record.ParseComparison(again); err != nil {
			t.Errorf("what was taken once is refused when it is written again: %v", err)
		}
	})
}
