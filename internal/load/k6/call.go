package k6

import (
	"maps"
	"path"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Where a script stands in k6's container. k6 may write below Results alone.
const (
	Directory = "/plimsoll-k6"
	scripts   = "test"
	Results   = "out"
	summary   = "summary.json"
)

// SummaryPath is where a run leaves its summary.
const SummaryPath = Directory + "/" + Results + "/" + summary

// Script is a test ready to run, and what runs it.
type Script struct {
	Test    Test
	Shown   string   // the directory of the test, as errors name it
	Image   string   // with k6 in it; its identifier in the engine
	Command []string // k6 as that image starts it
	Env     map[string]string
	Timeout record.Seconds
}

// Files are the test's, by their place below Directory.
func (s *Script) Files() map[string][]byte {
	all := make(map[string][]byte, len(s.Test.Files))
	for name, body := range s.Test.Files {
		all[path.Join(scripts, name)] = body
	}
	return all
}

func (s *Script) main() string { return path.Join(Directory, scripts, s.Test.Main) }

// Run is the command of a run. The REST API is off: it would listen in the
// app's own network namespace, where a hostile app could stop the test by it.
// The format of the summary is that of every k6 so far, and the only one that
// tells which thresholds were crossed.
func (s *Script) Run() []string {
	return append(slices.Clone(s.Command), "run", "--quiet", "--no-color", "--no-usage-report", "--address=",
		"--log-format=raw", "--include-system-env-vars", "--summary-trend-stats=avg,min,med,max,p(90),p(95),p(99)",
		"--summary-export="+SummaryPath, s.main())
}

// Inspect is the command that parses the script and prints its options.
//
// Note: --execution-requirements, which would tell how long a run may take, was
// rejected: k6 1.8 refuses iterations without vus there, which it runs.
func (s *Script) Inspect() []string {
	return append(slices.Clone(s.Command), "inspect", "--no-color", "--log-format=raw",
		"--include-system-env-vars", s.main())
}

// Environment is that of k6 for an app at this address of loopback. What the user
// sets comes last and wins.
func (s *Script) Environment(address string) []string {
	url := "http://" + address
	all := map[string]string{
		"HOME": "/", "PLIMSOLL_URL": url, "BASE_URL": url,
		"K6_AUTO_EXTENSION_RESOLUTION":    "false", // it would build another k6, over the network
		"K6_NEW_MACHINE_READABLE_SUMMARY": "false", // it does not tell of thresholds
	}
	maps.Copy(all, s.Env)
	list := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, name+"="+all[name])
	}
	return list
}
