package report_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

func TestTerminalKeepsTheWidth(t *testing.T) {
	for _, width := range []int{40, 60, 80, 100, 160} {
		out := string(report.Terminal(failing(), report.Options{Width: width})) +
			string(report.Terminal(grown(), report.Options{Width: width})) +
			string(report.RecordTerminal(flask(), report.Options{Width: width}))
		for line := range strings.Lines(out) {
			line = strings.TrimSuffix(line, "\n")
			longest := 0
			for _, word := range strings.Fields(line) {
				longest = max(longest, utf8.RuneCountInString(word))
			}
			if n := utf8.RuneCountInString(line); n > width && longest < width-8 {
				t.Errorf("at width %d: %d columns: %q", width, n, line)
			}
		}
	}
}

var sequences = regexp.MustCompile("\x1b\\[[0-9]+m")

func TestTerminalColours(t *testing.T) {
	plain := string(report.Terminal(failing(), report.Options{}))
	if strings.Contains(plain, "\x1b") {
		t.Error("colour without leave")
	}
	coloured := string(report.Terminal(failing(), report.Options{Color: true}))
	if !strings.HasPrefix(coloured, "\x1b[31mFAIL\x1b[0m") {
		t.Errorf("begins %q", coloured[:30])
	}
	if strings.ReplaceAll(sequences.ReplaceAllString(coloured, ""), " ", "") != strings.ReplaceAll(plain, " ", "") {
		t.Error("colours change the text")
	}
}

// A CI runner takes lines that begin with :: or hold ##[ as commands.
func TestTerminalHoldsNoWorkflowCommand(t *testing.T) {
	c := hostile()
	c.Services[0].Head.Layers[1].Instruction = strings.Repeat("a::error::b", 20)
	c.Services[0].Cost.Detail.Items[0].How = strings.Repeat("::error::", 20)
	for width := 40; width < 140; width += 3 {
		out := report.Terminal(c, report.Options{Width: width})
		out = append(out, report.RecordTerminal(c.Services[0].Head, report.Options{Width: width})...)
		noCommand(t, width, out)
	}
}

func TestTerminalAlignsWideCharacters(t *testing.T) {
	s := severalServices()
	s.Services[0].Name, s.Services[3].Name = "網頁", "cafe\u0301"
	for i := range s.Services {
		s.Services[i].Metrics[0].Verdict, s.Services[i].Verdict = record.Missing, record.Missing
	}
	out := string(report.Terminal(s, report.Options{Width: 200}))
	_, table, _ := strings.Cut(out, "Could not be measured\n")
	table, _, _ = strings.Cut(table, "\n\n")
	column := -1
	for line := range strings.Lines(table) {
		before, _, found := strings.Cut(line, "→")
		if !found {
			continue
		}
		at := utf8.RuneCountInString(before) + strings.Count(before, "網頁")*2 - strings.Count(before, "\u0301")
		if column >= 0 && at != column {
			t.Errorf("arrow in column %d, above in %d: %q", at, column, line)
		}
		column = at
	}
	if column < 0 {
		t.Errorf("no table in\n%s", out)
	}
}

func TestAnnotation(t *testing.T) {
	s := failing().Services[0]
	lost := missing().Services[0]
	hostile := hostile().Services[0]
	for _, c := range []struct {
		s    record.Service
		m    record.Change
		want string
	}{
		{s, s.Metrics[0], "api: compressed size 41 MB → 79.1 MB, +92.9 % (exact), budget ≤ 60 MB, +5 % or +500 kB"},
		{s, s.Metrics[3], "api: peak memory 182 MiB → 206 MiB, +13.2 % [+11.2, +15.2] (98 %, 12 pairs), budget ≤ 256 MiB, +10 % or +2 MiB"},
		{lost, lost.Metrics[0], "api: startup could not be measured, budget +10 %: head exited with code 1 before it was ready: ModuleNotFoundError: No module named 'flask'"},
	} {
		if got := report.Annotation(c.s, c.m); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	got := report.Annotation(hostile, hostile.Metrics[0])
	if strings.ContainsAny(got, "\n\r\x1b") || strings.Contains(got, " ::") || utf8.RuneCountInString(got) > 600 {
		t.Errorf("annotation %q", got)
	}
}
