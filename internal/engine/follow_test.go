package engine

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

type stamped struct {
	at   time.Time
	text string
}

func linesOf(frames ...string) []stamped {
	var got []stamped
	s := &stampedLines{line: func(at time.Time, text []byte) { got = append(got, stamped{at, string(text)}) }}
	for _, frame := range frames {
		if n, err := s.Write([]byte(frame)); n != len(frame) || err != nil {
			panic(fmt.Sprint(n, err))
		}
	}
	return got
}

const (
	early = "2026-01-02T03:04:05.000000001Z"
	late  = "2026-01-02T03:04:05.000000002Z"
)

func TestStampedLines(t *testing.T) {
	for name, c := range map[string]struct {
		frames []string
		want   string // stamps' nanoseconds and texts
	}{
		"a line":            {[]string{early + " hello\n"}, "1 hello"},
		"two in a frame":    {[]string{early + " a\n" + late + " b\n"}, "1 a, 2 b"},
		"a line in parts":   {[]string{early + " Listen", late + " ing on\n"}, "2 Listening on"},
		"an empty line":     {[]string{early + " \n"}, "1 "},
		"binary":            {[]string{early + " \x00\xff\n"}, "1 \x00\xff"},
		"a stamp inside":    {[]string{early + " " + late + " x\n"}, "1 " + late + " x"},
		"without any stamp": {[]string{"hello\n"}, ""},
	} {
		var texts []string
		for _, line := range linesOf(c.frames...) {
			texts = append(texts, fmt.Sprintf("%d %s", line.at.Nanosecond(), line.text))
		}
		if got := strings.Join(texts, ", "); got != c.want {
			t.Errorf("%s: got %q, expected %q", name, got, c.want)
		}
	}
}

func TestStampedLinesAreBounded(t *testing.T) {
	part := early + " " + strings.Repeat("x", 16<<10)
	frames := make([]string, 100)
	for i := range frames {
		frames[i] = part
	}
	got := linesOf(append(frames, late+" end\n", late+" next\n")...)
	if len(got) != 2 || len(got[0].text) != maxLine || got[1].text != "next" {
		t.Errorf("got %d lines, the first of %d bytes", len(got), len(got[0].text))
	}
}

func FuzzStampedLines(f *testing.F) {
	f.Add([]byte(early+" hello\n"+late+" x"), 7)
	f.Add([]byte("\n\n \n"), 1)
	f.Fuzz(func(t *testing.T, log []byte, size int) {
		size = 1 + max(0, size)%1000
		s := &stampedLines{line: func(at time.Time, text []byte) {
			if at.IsZero() || len(text) > maxLine || bytes.IndexByte(text, '\n') >= 0 {
				t.Errorf("line %q at %v", text, at)
			}
		}}
		for len(log) > 0 {
			n := min(size, len(log))
			s.Write(log[:n])
			log = log[n:]
		}
	})
}
