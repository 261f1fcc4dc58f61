package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// screen is standard error for a test.
func screen(vars map[string]string, terminal bool) (Env, *bytes.Buffer) {
	var out bytes.Buffer
	return Env{Getenv: func(name string) string { return vars[name] }, Stdout: &bytes.Buffer{}, Stderr: &out, Terminal: terminal}, &out
}

var underGitHub = map[string]string{"GITHUB_ACTIONS": "true"}

// hostile is what an image, an engine or a file may hold.
const hostile = "a\r::error::forged\n::add-mask::b\x1b[2J\u202e ##[error]forged\u009b1m \u2028::warning::c"

// obeyed finds what the runner of GitHub Actions would obey: a line that
// begins with "::" after blanks, or "##[" anywhere. Its lines also end at a CR.
var obeyed = regexp.MustCompile(`(?m)^[\pZ\s]*::|##\[`)

// controls finds what a terminal would obey.
var controls = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u202a-\u202e\u2066-\u2069]")

func TestStepsAreInert(t *testing.T) {
	env, out := screen(underGitHub, false)
	p := newProgress(env, false)
	p.step("pulling %s", hostile)
	p.warn("%s", hostile)
	complain(env, fmt.Errorf("inspect: %s", hostile))
	complain(env, errors.Join(errors.New(hostile), errors.New("::stop-commands::x")))
	p.failure(&measure.BootError{Target: hostile, Image: hostile, Cause: errors.New(hostile)})
	text := out.String()
	if found := obeyed.FindAllString(strings.ReplaceAll(text, "\r", "\n"), -1); len(found) > 0 {
		t.Errorf("the runner would obey %q in\n%s", found, text)
	}
	if found := controls.FindAllString(text, -1); len(found) > 0 {
		t.Errorf("a terminal would obey %q in\n%s", found, text)
	}
	if n := strings.Count(text, "\n"); n < 6 {
		t.Errorf("%d lines\n%s", n, text)
	}
}

func TestForeignLogStandsInABlock(t *testing.T) {
	failed := fmt.Errorf("warm-up: %w", &measure.BootError{Target: "head", Image: "app", Cause: errors.New("ended"),
		Logs: []string{"first", hostile, "::endgroup::"}})
	env, out := screen(underGitHub, false)
	newProgress(env, true).failure(failed) // the cause of a failure is told also when quiet
	block := regexp.MustCompile(`(?s)\n::stop-commands::(plimsoll-\w+)\n(.*)\n::(plimsoll-\w+)::\n$`).FindStringSubmatch(out.String())
	if block == nil || block[1] != block[3] {
		t.Fatalf("no block in\n%s", out.String())
	}
	if !strings.Contains(block[2], "    ::endgroup::") || controls.MatchString(block[2]) {
		t.Errorf("the block holds %q", block[2])
	}
	env, out = screen(nil, false)
	newProgress(env, false).failure(failed)
	if want := "plimsoll: warm-up: boot head (app): ended\nplimsoll: the last lines of head:\n    first\n"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("got %q, expected it to begin with %q", out.String(), want)
	}
}

// A failure of the engine beside one of an image is told, too.
func TestEveryFailureIsTold(t *testing.T) {
	env, out := screen(nil, false)
	newProgress(env, false).failure(errors.Join(
		fmt.Errorf("warm-up: %w", &measure.BootError{Target: "base", Image: "app", Cause: errors.New("ended")}),
		errors.New("warm-up: boot head: the engine is full")))
	want := "plimsoll: warm-up: boot base (app): ended\nplimsoll: warm-up: boot head: the engine is full\n"
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Error(d)
	}
}

func follow(p *progress, looks []int) {
	p.rounds(measure.Progress{Phase: "warm-up", Name: "base"})
	p.rounds(measure.Progress{Phase: "measure", Plan: "1.0 s a round"})
	for round := 1; round <= 8; round++ {
		for _, name := range []string{"base", "head"} {
			p.rounds(measure.Progress{Phase: "measure", Round: round, Looks: looks, Name: name, Left: time.Duration(9-round) * time.Second})
		}
	}
}

func TestProgressInAPipe(t *testing.T) {
	env, out := screen(nil, false)
	follow(newProgress(env, false), []int{8, 12})
	want := `plimsoll: warm-up: booting base
plimsoll: 1.0 s a round
plimsoll: pair 1 of 8/12, next look in about 8s
plimsoll: pair 4 of 8/12, next look in about 5s
plimsoll: pair 8 of 8/12, next look in about 1s
`
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	env, out := screen(nil, true)
	p := newProgress(env, false)
	p.round = "boot"
	follow(p, []int{8})
	if !strings.HasSuffix(out.String(), "\rboot 8 of 8: booting head, about 1s left") {
		t.Errorf("the live line is %q", out.String()[strings.LastIndex(out.String(), "\r"):])
	}
	out.Reset()
	p.clear()
	if width := len("boot 8 of 8: booting head, about 1s left"); out.String() != "\r"+strings.Repeat(" ", width)+"\r" {
		t.Errorf("the live line was cleared with %q", out.String())
	}
	out.Reset()
	p.clear()
	if out.Len() > 0 {
		t.Errorf("an empty line was cleared with %q", out.String())
	}
}

func TestQuiet(t *testing.T) {
	env, out := screen(underGitHub, true)
	p := newProgress(env, true)
	p.group("boots of api")
	follow(p, []int{8})
	p.endGroup()
	if out.Len() > 0 {
		t.Errorf("quiet said %q", out.String())
	}
}

func TestGroups(t *testing.T) {
	env, out := screen(underGitHub, false)
	p := newProgress(env, false)
	p.group("boots of 100%\n::error::x")
	p.endGroup()
	if d := cmp.Diff("::group::boots of 100%25 ::error::x\n::endgroup::\n", out.String()); d != "" {
		t.Error(d)
	}
}

func TestExitCodes(t *testing.T) {
	_, broken := config.Load("plimsoll.yml", []byte("services: 1"))
	interrupted, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		code int
		err  error
		want int
	}{
		"fine":                      {t.Context(), ExitOK, nil, 0},
		"help":                      {t.Context(), ExitOK, errHelp, 0},
		"over budget":               {t.Context(), ExitFail, nil, 1},
		"usage":                     {t.Context(), ExitOK, fmt.Errorf("compare: %w", usagef("no")), 2},
		"configuration":             {t.Context(), ExitOK, broken, 2},
		"time budget":               {t.Context(), ExitOK, fmt.Errorf("service api: %w", &measure.TimeError{}), 2},
		"usage among other errors":  {t.Context(), ExitOK, errors.Join(errors.New("no engine"), usagef("no")), 2},
		"anything else":             {t.Context(), ExitOK, errors.New("no engine"), 3},
		"over budget, disk is full": {t.Context(), ExitFail, errors.New("disk is full"), 1},
		"interrupted":               {interrupted, ExitOK, interrupted.Err(), 130},
		"interrupted too late":      {interrupted, ExitFail, nil, 1},
	} {
		env, _ := screen(nil, false)
		if got := finish(c.ctx, env, c.code, c.err); got != c.want {
			t.Errorf("%s: exit code %d, expected %d", name, got, c.want)
		}
	}
}

func TestVerdictsAsExitCodes(t *testing.T) {
	for _, c := range []struct {
		verdict, onInconclusive record.Verdict
		want                    int
	}{
		{record.None, record.Fail, 0}, {record.Pass, record.Fail, 0}, {record.Accepted, record.Fail, 0},
		{record.Inconclusive, record.Pass, 0}, {record.Inconclusive, record.Fail, 1},
		{record.Fail, record.Pass, 1}, {record.Missing, record.Pass, 3}, {record.Missing, record.Fail, 3},
	} {
		if got := exitCode(c.verdict, c.onInconclusive); got != c.want {
			t.Errorf("%s, inconclusive counts as %s: exit code %d, expected %d", c.verdict, c.onInconclusive, got, c.want)
		}
	}
}

func TestProgressTellsWhatIsStillToCome(t *testing.T) {
	for want, at := range map[string]measure.Progress{
		"pair 12 of 8/12/16/24: booting head, about 4 more, next look in about 3s": {Round: 12, More: 4, Left: 3 * time.Second},
		"pair 20 of 8/12/16/24: booting head, may stay undecided":                  {Round: 20, Open: true},
	} {
		env, out := screen(nil, true)
		at.Phase, at.Looks, at.Name = "measure", []int{8, 12, 16, 24}, "head"
		newProgress(env, false).rounds(at)
		if out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}
	}
	env, out := screen(nil, false)
	newProgress(env, false).rounds(measure.Progress{Phase: "measure", Round: 3, Voided: 1, Void: "other programs: they used 0.6 CPUs"})
	if got := out.String(); got != "plimsoll: a pair does not count: other programs: they used 0.6 CPUs\n" {
		t.Errorf("told %q", got)
	}
}
