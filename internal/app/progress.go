package app

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
)

// progress draws on standard error how far a job has come: on a terminal as
// one live line, elsewhere as a line per step.
type progress struct {
	env      Env
	out      io.Writer // standard error, or nothing when asked to be quiet
	round    string    // what a round is called: pair, boot
	drawn    int       // columns of the live line
	reported int       // round last written as a line of its own
}

func newProgress(env Env, quiet bool) *progress {
	p := &progress{env: env, out: env.Stderr, round: "pair"}
	if quiet {
		p.out = io.Discard
	}
	return p
}

// step writes a line that stays.
func (p *progress) step(format string, args ...any) {
	p.clear()
	p.line(p.out, fmt.Sprintf(format, args...))
}

// warn writes a line also when asked to be quiet.
func (p *progress) warn(format string, args ...any) {
	p.clear()
	p.line(p.env.Stderr, fmt.Sprintf(format, args...))
}

func (p *progress) line(to io.Writer, text string) {
	text = singleLine(text)
	if underActions(p.env) {
		text = inert(text)
	}
	fmt.Fprintln(to, "plimsoll:", text)
}

// rounds follows a measurement.
func (p *progress) rounds(at measure.Progress) {
	switch {
	case at.Plan != "":
		p.reported = 0
		p.step("%s", at.Plan)
	case at.Void != "":
		p.step("a %s does not count: %s", p.round, at.Void)
	case at.Phase == "warm-up":
		p.step("warm-up: booting %s", at.Name)
	case p.env.Terminal:
		p.draw(fmt.Sprintf("%s %d of %s: booting %s%s", p.round, at.Round, looks(at.Looks), at.Name, left(at)))
	case at.Round != p.reported && (at.Round == 1 || at.Round%4 == 0):
		p.reported = at.Round
		p.step("%s %d of %s%s", p.round, at.Round, looks(at.Looks), left(at))
	}
}

// looks are the rounds after which the run may end, such as 8/12/16/24.
func looks(all []int) string {
	texts := make([]string, len(all))
	for i, look := range all {
		texts[i] = fmt.Sprint(look)
	}
	return strings.Join(texts, "/")
}

func left(at measure.Progress) string {
	until, likely := at.Left.Round(time.Second), ""
	switch {
	case at.Open:
		likely = ", may stay undecided"
	case at.More > 0:
		likely = fmt.Sprintf(", about %d more", at.More)
	}
	switch {
	case until <= 0:
		return likely
	case len(at.Looks) == 1:
		return fmt.Sprintf("%s, about %v left", likely, until)
	}
	return fmt.Sprintf("%s, next look in about %v", likely, until)
}

func (p *progress) draw(text string) {
	p.clear()
	fmt.Fprint(p.out, text)
	p.drawn = len(text)
}

// clear takes the live line away. What follows it, on either standard stream,
// begins on an empty line.
func (p *progress) clear() {
	if p.drawn > 0 {
		fmt.Fprint(p.out, "\r"+strings.Repeat(" ", p.drawn)+"\r")
		p.drawn = 0
	}
}

// group folds what follows away in a workflow's log.
func (p *progress) group(title string) {
	if underActions(p.env) {
		fmt.Fprintf(p.out, "::group::%s\n", strings.ReplaceAll(singleLine(title), "%", "%25"))
	}
}

func (p *progress) endGroup() {
	p.clear()
	if underActions(p.env) {
		fmt.Fprintln(p.out, "::endgroup::")
	}
}

// failure shows why images could not be booted, with the end of their logs.
func (p *progress) failure(err error) {
	for _, part := range parts(err) {
		p.warn("%v", part)
		var boot *measure.BootError
		if errors.As(part, &boot) && len(boot.Logs) > 0 {
			p.warn("the last lines of %s:", cmp.Or(boot.Whose, boot.Target))
			p.foreign(boot.Logs)
		}
	}
}

// foreign writes lines of an image's log. Under GitHub Actions they stand in a
// block in which the runner obeys no commands.
func (p *progress) foreign(log []string) {
	var text strings.Builder
	for _, line := range log {
		text.WriteString("    " + brief(singleLine(line)) + "\n")
	}
	if !underActions(p.env) {
		fmt.Fprint(p.env.Stderr, text.String())
		return
	}
	if err := github.Untrusted(p.env.Stderr, text.String()); err != nil {
		p.warn("the log could not be written: %v", err)
	}
}
