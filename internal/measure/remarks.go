package measure

import (
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// remark notes what the boots of a target show together and no metric says. Of
// two targets the comparison says it.
func (r *rounds) remark() {
	if len(r.result.Targets) > 1 {
		return
	}
	for i, target := range r.result.Targets {
		killed := 0
		for _, trial := range r.result.Trials[i] {
			if trial.Exit.OOMKilled {
				killed++
			}
		}
		if killed > 0 {
			r.note("%s", starved(target, killed, len(r.result.Trials[i])))
		}
	}
}

// starved says of an app that came through its boots, though the kernel took
// processes from it.
func starved(target Target, killed, boots int) string {
	limit := ""
	if bytes := target.Setup.Limits.Memory; bytes > 0 {
		limit = fmt.Sprintf(" at its limit of %d MiB", bytes>>20)
	}
	return fmt.Sprintf("%s ran out of memory%s in %d of %d boots: the kernel killed processes of it, and it went on without them; %s is what was left room for",
		target.Name, limit, killed, boots, record.MemoryPeak)
}
