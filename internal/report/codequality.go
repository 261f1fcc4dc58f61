package report

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// finding is one entry of a code-quality report: the subset of Code Climate's
// format that GitLab documents and shows beside the line
// (https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format).
type finding struct {
	Description string          `json:"description"`
	CheckName   string          `json:"check_name"`
	Fingerprint string          `json:"fingerprint"`
	Severity    string          `json:"severity"`
	Location    findingLocation `json:"location"`
}

type findingLocation struct {
	Path  string       `json:"path"`
	Lines findingLines `json:"lines"`
}

type findingLines struct {
	Begin int `json:"begin"`
}

// findingSeverity names those of GitLab's five severities that are used. What holds
// has none.
var findingSeverity = map[record.Verdict]string{
	record.Fail:         "critical",
	record.Missing:      "major",
	record.Inconclusive: "minor",
	record.Accepted:     "info",
}

// CodeQuality writes what is not in order as a code-quality report, which
// GitLab and others show at the budget's line: a JSON array with an entry for
// every budget that is broken, could not be measured, is not decided or was
// accepted. An entry keeps its fingerprint from run to run, so that GitLab
// tells what is new from what was there before.
func CodeQuality(c record.Comparison) ([]byte, error) {
	all := []finding{}
	for _, j := range judge(c) {
		severity, wrong := findingSeverity[j.verdict]
		if !wrong {
			continue
		}
		all = append(all, finding{
			Description: j.text, CheckName: "plimsoll/" + j.name, Fingerprint: fingerprint(j), Severity: severity,
			Location: findingLocation{Path: configPath(j.file), Lines: findingLines{Begin: max(j.line, 1)}},
		})
	}
	return encode("code-quality report", all)
}

// fingerprint names a budget whatever was measured.
func fingerprint(j judged) string {
	sum := sha256.Sum256([]byte("plimsoll\x00" + j.service + "\x00" + j.name))
	return hex.EncodeToString(sum[:16])
}

// configPath is where a finding stands: below the repository's root, without
// "./" in front, which GitLab does not understand. There must be one.
func configPath(file string) string {
	file = strings.TrimPrefix(path.Clean("/"+file), "/")
	if file == "" {
		return Options{}.config()
	}
	return file
}
