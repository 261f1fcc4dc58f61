package app

import (
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
	out      io.Writer
	live     bool
	actions  bool // under GitHub Actions, where a line may be a command
	drawn    int  // columns of the live line
	reported int  // round last written as a line of its own
}

func newProgress(env Env, quiet bool) *progress {
	p := &progress{out: env.Stderr, live: env.Terminal, actions: env.Getenv("GITHUB_ACTIONS") == "true"}
	if quiet {
		p.out = io.Discard
	}
	return p
}

// step writes a line that stays.
func (p *progress) step(format string, args ...any) {
	p.clear()
	fmt.Fprintln(p.out, "plimsoll:", singleLine(fmt.Sprintf(format, args...)))
}

// singleLine keeps foreign text from starting a line of its own.
func singleLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// rounds follows a measurement.
func (p *progress) rounds(at measure.Progress) {
	switch {
	case at.Plan != "":
		p.step("%s", at.Plan)
	case at.Phase == "warm-up":
		p.step("warm-up: booting %s", at.Name)
	case p.live:
		p.draw(fmt.Sprintf("pair %d of %s: booting %s%s", at.Round, looks(at.Looks), at.Name, left(at.Left)))
	case at.Round != p.reported && (at.Round == 1 || at.Round%4 == 0):
		p.reported = at.Round
		p.step("pair %d of %s%s", at.Round, looks(at.Looks), left(at.Left))
	}
}

func looks(all []int) string {
	texts := make([]string, len(all))
	for i, look := range all {
		texts[i] = fmt.Sprint(look)
	}
	return strings.Join(texts, "/")
}

func left(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return fmt.Sprintf(", next look in about %v", d.Round(time.Second))
}

func (p *progress) draw(text string) {
	p.clear()
	fmt.Fprint(p.out, text)
	p.drawn = len(text)
}

func (p *progress) clear() {
	if p.drawn > 0 {
		fmt.Fprint(p.out, "\r"+strings.Repeat(" ", p.drawn)+"\r")
		p.drawn = 0
	}
}

// failure shows why images could not be booted, with the end of their logs.
func (p *progress) failure(err error) {
	p.clear()
	boots := bootErrors(err)
	if len(boots) == 0 {
		p.step("%v", err)
	}
	for _, boot := range boots {
		p.step("%v", boot)
		if len(boot.Logs) == 0 {
			continue
		}
		p.step("the last lines of %s:", boot.Target)
		p.foreign(boot.Logs)
	}
}

// foreign writes lines of an image's log. Under GitHub Actions they stand in a
// block in which the runner obeys no commands.
func (p *progress) foreign(lines []string) {
	text := "    " + strings.Join(lines, "\n    ") + "\n"
	if p.actions {
		if err := github.Untrusted(p.out, text); err != nil {
			p.step("the log could not be written: %v", err)
		}
		return
	}
	for _, line := range lines {
		fmt.Fprintln(p.out, "    "+singleLine(line))
	}
}

// bootErrors gives every boot error that err joins or wraps.
func bootErrors(err error) []*measure.BootError {
	switch e := err.(type) {
	case nil:
		return nil
	case *measure.BootError:
		return []*measure.BootError{e}
	case interface{ Unwrap() []error }:
		var all []*measure.BootError
		for _, part := range e.Unwrap() {
			all = append(all, bootErrors(part)...)
		}
		return all
	}
	return bootErrors(errors.Unwrap(err))
}
