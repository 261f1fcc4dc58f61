package report

import "cmp"

// DefaultLimit is a length in bytes of UTF-8 that every place takes a report in.
const DefaultLimit = 60_000

// SummaryLimit is the same for a job summary, of which a step may write 1 MiB.
const SummaryLimit = 1_000_000

// leastLimit leaves room for the verdict of any comparison.
const leastLimit = 4096

// Options are what a report says beside the comparison, and for which medium.
// The zero value gives a whole report.
type Options struct {
	// Subject begins the verdict, "This change" when empty.
	Subject string
	// Limit is the most bytes of Markdown, DefaultLimit when zero.
	Limit int
	// Width is the terminal's, in columns, 100 when zero.
	Width int
	// Color allows terminal colours.
	Color bool
	// Label is what signs a fail off; empty where labels count for nothing.
	Label string
	// Config is the file that holds the budgets, plimsoll.yml when empty.
	Config string
	// Base and Head are the commits that the images were built from.
	Base, Head Commit
	// Links go into the footer: job summary, artifact.
	Links []Link
	// Rest says where to find what did not fit.
	Rest Link
}

// Commit is a commit and the page that shows it; both may be empty.
type Commit struct{ SHA, URL string }

// Link is a few words and where they lead.
type Link struct{ Text, URL string }

func (o Options) subject() string {
	return cmp.Or(o.Subject, "This change")
}

func (o Options) limit() int {
	if o.Limit == 0 {
		return DefaultLimit
	}
	return max(o.Limit, leastLimit)
}

func (o Options) width() int {
	if o.Width == 0 {
		return 100
	}
	return max(o.Width, 40)
}

func (o Options) config() string {
	if o.Config == "" {
		return usualConfig
	}
	return o.Config
}

// usualConfig is read without being named.
const usualConfig = "plimsoll.yml"

// Most characters of a foreign string, by where it stands.
const (
	nameWidth        = 48
	imageWidth       = 120
	instructionWidth = 100
	noteWidth        = 300
	quoteWidth       = 200 // of a line of an app's log
)
