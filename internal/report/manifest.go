package report

import (
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// patchBytes bounds the patch of a manifest.
const patchBytes = 4000

// manifestPatch is the patch that a service's manifest needs, to be copied.
func manifestPatch(s record.Service) string {
	patch := patchOf(s)
	if patch == "" {
		return ""
	}
	fence := "```"
	for strings.Contains(patch, fence) {
		fence += "`"
	}
	return under("Suggested patch of "+code(s.Manifest.Workload, nameWidth), fence+"yaml\n"+patch+fence+"\n")
}

// patchOf is the patch with its lines, "" without one or where it is too long to
// be read: the file has all of it.
func patchOf(s record.Service) string {
	if s.Manifest == nil || s.Manifest.Patch == "" || len(s.Manifest.Patch) > patchBytes {
		return ""
	}
	var b strings.Builder
	for line := range strings.Lines(s.Manifest.Patch) {
		b.WriteString(strings.Map(printable, strings.TrimRight(line, "\r\n")) + "\n")
	}
	return b.String()
}
