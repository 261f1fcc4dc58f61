package report

import (
	"fmt"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// drained is what became of the requests that kept coming in the stops of both
// images, "" where none did.
func drained(s record.Service) string {
	var sides []string
	for _, side := range []struct {
		name   string
		trials []record.Trial
	}{{"base", s.Base.Trials}, {"head", s.Head.Trials}} {
		if sum, stops := record.Drains(side.trials); stops > 0 {
			sides = append(sides, fmt.Sprintf("%s lost %s of %s requests in %s (%s refused, %s failed)", side.name,
				count(float64(sum.Lost)), count(float64(sum.Sent)), plural(stops, "stop"), count(float64(sum.Refused)), count(float64(sum.Failed))))
		}
	}
	return strings.Join(sides, "; ")
}

// endingNotes say how a boot's app ended, and how it came back before that.
func endingNotes(t record.Trial) []string {
	var notes []string
	if t.Recover != nil {
		notes = append(notes, fmt.Sprintf("back after a kill: %s to end it, %s of the engine, %s to be ready",
			seconds.print(float64(t.Recover.Emptied)), seconds.print(float64(t.Recover.Engine)), seconds.print(float64(t.Recover.Ready))))
	}
	if t.Exit.Ending == record.EndedByKill || t.Exit.Ending == record.EndedBySignal {
		notes = append(notes, map[record.Ending]string{record.EndedByKill: "had to be killed", record.EndedBySignal: "ended by the stop signal itself"}[t.Exit.Ending])
	}
	if d := t.Drain; d != nil {
		notes = append(notes, fmt.Sprintf("stopped under load: %d of %d requests lost", d.Lost, d.Sent))
	}
	return notes
}
