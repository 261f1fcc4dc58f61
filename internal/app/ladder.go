package app

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// Bounds of --ladder. A boot takes a few seconds, and each step has three of
// every image; a user is a connection at both of its ends.
const (
	maxSteps = 8
	maxUsers = 1000
)

const ladderHelp = "after the measurement, boot under so many virtual `users` each, such as 10,50,100: " +
	"3 boots of 2 s of load per step and image, which no budget looks at"

// parseLadder reads the numbers of --ladder.
func parseLadder(text string) ([]int, error) {
	const want = "expected up to 8 numbers of virtual users from 1 to 1000, such as 10,50,100"
	var users []int
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		switch {
		case err != nil:
			return nil, usagef("--ladder %s: %.20q is no whole number; %s", singleLine(text), word, want)
		case n < 1 || n > maxUsers:
			return nil, usagef("--ladder %s: %d is out of range; %s", singleLine(text), n, want)
		case slices.Contains(users, n):
			return nil, usagef("--ladder %s: %d stands twice; %s", singleLine(text), n, want)
		}
		users = append(users, n)
	}
	if len(users) > maxSteps {
		return nil, usagef("--ladder %s: %d steps; %s", singleLine(text), len(users), want)
	}
	return users, nil
}

// ladderFlag adds --ladder to a command. What it gives is asked after parsing.
func ladderFlag(flags *flag.FlagSet) func() ([]int, error) {
	text := flags.String("ladder", "", ladderHelp)
	return func() ([]int, error) {
		if !isSet(flags, "ladder") {
			return nil, nil
		}
		return parseLadder(*text)
	}
}

// climb boots the targets of a measurement under the ladder's numbers of users,
// adds the steps to their records, and gives what there is to warn of. The error
// is one of the engine's: what an image does not bear is a warning.
func (j *job) climb(ctx context.Context, result measure.Result, records []*record.Record) (warnings []string, err error) {
	if len(j.ladder) == 0 {
		return nil, nil
	}
	var targets []measure.Target
	var climbing []*record.Record
	for i, target := range result.Targets {
		if len(target.Setup.Load.Requests) == 0 {
			warnings = append(warnings, fmt.Sprintf("%s has no ladder: no requests are sent to it", target.Name))
			continue
		}
		targets, climbing = append(targets, target), append(climbing, records[i])
	}
	if len(targets) == 0 {
		return warnings, nil
	}
	j.progress.group("ladder")
	defer j.progress.endGroup()
	j.progress.step("ladder of %s virtual users: %d boots of each image per step, %v of load each",
		joined(j.ladder), measure.LadderBoots, measure.LadderStep.Duration())
	pods := j.pods()
	rungs, err := measure.Ladder(ctx, pods, targets, j.ladder, j.seed, j.progress.climb)
	if stuck := pods.Close(ctx); stuck != nil {
		warnings = append(warnings, stuck.Error()) // the end of the run tries again
	}
	for i, rec := range climbing {
		rec.Ladder = steps(rungs[i])
		for _, s := range rec.Ladder {
			if s.Failure != "" {
				warnings = append(warnings, fmt.Sprintf("ladder, %s: %s", virtualUsers(s.Users), s.Failure))
			}
		}
	}
	return warnings, err
}

// steps sums up the boots of each step.
func steps(rungs []measure.Rung) []record.Step {
	var all []record.Step
	for _, r := range rungs {
		s := record.Step{Users: r.Users, For: measure.LadderStep, Boots: len(r.Trials), Metrics: summed(r.Trials)}
		if n := len(r.Disturbed); n > 0 {
			slices.Sort(r.Disturbed)
			s.Notes = []string{fmt.Sprintf("%d of %d boots were disturbed from outside the pod: %s", n, len(r.Trials), strings.Join(slices.Compact(r.Disturbed), ", "))}
		}
		if r.Failure != nil {
			s.Failure = r.Failure.Error()
		}
		all = append(all, s)
	}
	return all
}

// summed are the metrics of a step: those of any trials, and the cores that the
// load took.
func summed(trials []record.Trial) map[record.MetricID]record.Measured {
	rec := record.Record{Trials: trials, Metrics: map[record.MetricID]record.Measured{}}
	compare.Summarize(&rec)
	for id := range rec.Metrics {
		if !slices.Contains(laddered, id) {
			delete(rec.Metrics, id)
		}
	}
	if cores := coresOf(trials); len(cores) > 0 {
		rec.Metrics[record.CPULoad] = record.Measured{Unit: record.UnitCores, Value: stat.Median(cores), Values: cores}
	}
	return rec.Metrics
}

// laddered are the metrics that a step has. The others say nothing of the users.
var laddered = []record.MetricID{
	record.LoadP50, record.LoadP95, record.LoadP99, record.LoadRate, record.LoadErrors,
	record.CPURequest, record.MemoryPeak, record.StartupReady,
}

// coresOf are the cores that were used during the load: what each answer took,
// times how many there were in each second.
func coresOf(trials []record.Trial) []float64 {
	var all []float64
	for _, t := range trials {
		each, known := t.Metrics[record.CPURequest]
		if known && t.Load != nil && t.Load.Seconds > 0 {
			all = append(all, each*float64(t.Load.Completed)/float64(t.Load.Seconds))
		}
	}
	return all
}

func virtualUsers(n int) string {
	if n == 1 {
		return "1 virtual user"
	}
	return fmt.Sprintf("%d virtual users", n)
}

func joined(numbers []int) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ", ")
}

// climb follows a ladder.
func (p *progress) climb(at measure.Climb) {
	text := fmt.Sprintf("ladder %d of %d, %s", at.Step, at.Steps, virtualUsers(at.Users))
	until := ""
	if left := at.Left.Round(time.Second); left > 0 {
		until = fmt.Sprintf(", about %v left", left)
	}
	switch {
	case p.env.Terminal:
		p.draw(fmt.Sprintf("%s: boot %d of %d, booting %s%s", text, at.Boot, at.Boots, at.Name, until))
	case at.Boot == 1:
		p.step("%s%s", text, until)
	}
}
