package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// lastLook is the most pairs a run takes.
const lastLook = 24

// settle says what would decide a budget that is inconclusive.
func settle(c record.Change) string {
	switch {
	case c.N == 0:
		return "pairs that count; none did"
	case c.N >= lastLook && c.ID == record.StartupReady:
		return "a quieter machine, or a budget on startup.cpu, which is quieter than time"
	case c.N >= lastLook:
		return "a quieter machine, or a budget further from the measured change"
	case c.ID == record.StartupReady:
		return "more pairs (a longer measure.time), a quieter machine, or a budget on startup.cpu"
	}
	return "more pairs (a longer measure.time) or a quieter machine"
}

// advice tells what to look at when a budget failed, and how to go on when the
// growth is meant.
func advice(c record.Comparison, o Options, to medium) []string {
	if tally(c, record.Fail) == 0 {
		return nil
	}
	var entries []string
	for _, s := range gravest(c.Services) {
		if s.Verdict == record.Fail && len(entries) < 6 {
			entries = append(entries, causes(s, to)...)
		}
	}
	if command := repeat(c); command != "" {
		entries = append(entries, "See it at home: "+to.quote(command, 3*imageWidth))
	}
	meant := "If the growth is meant, raise the budget in " + list(budgetFiles(c, o, to))
	if o.Label != "" {
		meant += ", or have someone with write access set the label " + to.quote(o.Label, nameWidth)
	}
	return append(entries, meant)
}

// mostFiles is how many configurations are named.
const mostFiles = 4

// budgetFiles are the configurations that hold the budgets that failed.
func budgetFiles(c record.Comparison, o Options, to medium) []string {
	var files []string
	for _, s := range c.Services {
		file := to.quote(cmp.Or(s.Config, o.config()), imageWidth)
		over := slices.ContainsFunc(s.Metrics, func(m record.Change) bool { return m.Verdict == record.Fail })
		if over && !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	if more := len(files) - mostFiles; more > 0 {
		files = append(files[:mostFiles], plural(more, "more file"))
	}
	return files
}

// reference is what an image is called where nobody plays tricks. Nothing else
// goes into a command that people will paste into a shell.
var reference = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,119}$`)

// repeat is the command that compares the gravest service again, "" where a name
// in it is not safe to paste. One service's images are named, since a workflow may
// have put them in the place of the configuration's.
func repeat(c record.Comparison) string {
	for _, s := range gravest(c.Services) {
		if s.Verdict != record.Fail || !reference.MatchString(s.Base.Image) || !reference.MatchString(s.Head.Image) {
			continue
		}
		command, config := "plimsoll compare", cmp.Or(s.Config, c.Config)
		switch {
		case config == "" || config == usualConfig:
		case reference.MatchString(config):
			command += " -c " + config
		default:
			continue
		}
		if config == "" || len(c.Services) == 1 {
			command += " " + s.Base.Image + " " + s.Head.Image
		}
		return command
	}
	return ""
}

// causes names the layer and the line of the bill that grew the most, and what
// is new to be done about the image, where the failing budgets are about them.
func causes(s record.Service, to medium) []string {
	var entries []string
	if failed(s, record.ImageSize, record.ImageCompressed, record.ImagePull) {
		entries = append(entries, heaviest(s, to)...)
	}
	if failed(s, record.ImageSize, record.ImageCompressed, record.ImagePull, record.ImageWasted) {
		entries = append(entries, remedies(s, to)...)
	}
	if failed(s, record.CostMonth) && s.Cost != nil {
		if it, ok := costliest(items(*s.Cost)); ok {
			entries = append(entries, "Most of the cost growth of "+to.quote(s.Name, nameWidth)+" is "+
				plus(it.rise(), money(symbol(s.Cost.Currency), it.rise()))+" a month for "+to.quote(it.name, nameWidth))
		}
	}
	return entries
}

// remedies are the foremost of what would make head's image smaller again.
func remedies(s record.Service, to medium) []string {
	var all []string
	if notes := copiesNotAdvised(s.Head.Contents, wasteThatMatters(s), s.Head.Layers); len(notes) > 0 {
		all = append(all, notes[0])
	}
	if todo := adviceThatMatters(s); len(todo) > 0 {
		all = append(all, "Saves "+adviceLine(todo[0], to))
	}
	return all
}

// heaviest names the layer that grew the most, if any grew, by what the failing
// budget counts.
func heaviest(s record.Service, to medium) []string {
	weight, word := transfer, "compressed"
	if failed(s, record.ImageSize) {
		weight, word = unpacked, "unpacked"
	}
	var most layerRow
	for _, l := range changedLayers(layerRows(s.Base.Layers, s.Head.Layers)) {
		if l.instruction != "" && l.grown(weight) > max(0, most.grown(weight)) {
			most = l
		}
	}
	if most.head == nil {
		return nil
	}
	return []string{fmt.Sprintf("Most of the image growth of %s is %s %s from layer %s, %s", to.quote(s.Name, nameWidth),
		growthOf(most.grown(weight)), word, most.number(), to.quote(most.instruction, instructionWidth))}
}

func failed(s record.Service, ids ...record.MetricID) bool {
	for _, c := range s.Metrics {
		for _, id := range ids {
			if c.ID == id && c.Verdict == record.Fail {
				return true
			}
		}
	}
	return false
}
