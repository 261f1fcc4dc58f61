package report

import (
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// thresholdPrefix begins the identifiers of k6 thresholds: see
// [record.Threshold.ID].
const thresholdPrefix = "k6: "

// thresholdWidth is how much of a threshold is shown, in characters.
const thresholdWidth = 60

// operators are spelled so that no renderer takes them for markup: "<" before a
// space opens no tag.
var operators = strings.NewReplacer("<=", " ≤ ", ">=", " ≥ ", "===", " = ", "==", " = ", "!==", " ≠ ", "!=", " ≠ ", "<", " < ", ">", " > ")

// threshold reads a threshold out of an identifier: "http_req_duration p(95) <
// 200". What is in it was written by whoever wrote the script.
func threshold(id record.MetricID) (string, bool) {
	text, found := strings.CutPrefix(string(id), thresholdPrefix)
	kept := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._- (){}:,=%<>≤≥≠", r):
			return r
		}
		return -1
	}, operators.Replace(text))
	kept = shorten(strings.Join(strings.Fields(kept), " "), thresholdWidth)
	return kept, found && kept != ""
}

// scripted is a load by k6 in words.
func scripted(s record.Script) string {
	text := s.File + " by " + s.K6
	if n := len(s.Thresholds); n > 0 {
		text += ", " + plural(n, "threshold")
	}
	return text + "; latency counts from the send, as k6 has it"
}
