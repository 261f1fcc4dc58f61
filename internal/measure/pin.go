package measure

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// pinFrom is the number of CPUs from which on app and agent get CPUs of their
// own. With fewer, a CPU less is more than the generator's company costs an app.
const pinFrom = 4

// split shares out the CPUs that the engine's containers may use: the last one is
// the agent's, the rest are the app's. It is nil for both where there are too few.
//
// Note: as few CPUs as `limits.cpus` allows was rejected. A service under such a
// limit sees all CPUs of its node, makes as many threads, and is throttled when
// they use its share up together; on one CPU it would be neither.
func split(allowed []int) (app, agent []int) {
	cpus := slices.Compact(slices.Sorted(slices.Values(allowed)))
	if len(cpus) < pinFrom {
		return nil, nil
	}
	last := len(cpus) - 1
	return cpus[:last], cpus[last:]
}

// listed writes CPUs as the kernel and engines do: 0-2,8.
func listed(cpus []int) string {
	var parts []string
	for i := 0; i < len(cpus); {
		j := i
		for j+1 < len(cpus) && cpus[j+1] == cpus[j]+1 {
			j++
		}
		part := strconv.Itoa(cpus[i])
		if j > i {
			part = fmt.Sprintf("%d-%d", cpus[i], cpus[j])
		}
		parts, i = append(parts, part), j+1
	}
	return strings.Join(parts, ",")
}

// pin settles at the first boot, before the app starts, what runs where. An engine
// that cannot do it, such as one without root, leaves all CPUs to both.
func (b *boot) pin(ctx context.Context, allowed []int) {
	p := b.pods
	p.mu.Lock()
	defer p.mu.Unlock()
	if b.pinned != nil || p.Shared {
		return
	}
	if p.Pinned == nil {
		app, agent := split(allowed)
		if app == nil {
			p.Shared = true
			return
		}
		p.Pinned = &record.Pinned{App: listed(app), Agent: listed(agent)}
	}
	if err := b.pod.Pin(ctx, *p.Pinned); err != nil {
		b.notes = append(b.notes, fmt.Sprintf("app and agent share all CPUs: %v", err))
		p.Pinned, p.Shared = nil, true
		return
	}
	b.pinned = p.Pinned
}

// chosen is what was settled so far.
func (p *Pods) chosen() *record.Pinned {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Pinned
}
