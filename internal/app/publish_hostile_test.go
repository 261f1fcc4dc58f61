package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

var entity = regexp.MustCompile(`&#(\d+);\x{200b}?`)

// unescape reads a character that was spelt out.
func unescape(entity string) string {
	var r rune
	if _, err := fmt.Sscanf(entity, "&#%d;", &r); err != nil {
		return entity
	}
	return string(r)
}

// What a stranger's file does wrong is told, and is missing; the others stand.
func TestTamperedFiles(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	w.write("legs/web/comparison.json", leg(t, "web", record.Pass))
	path := filepath.Join(w.dir, "legs/api/comparison.json")
	honest := leg(t, "api", record.Pass)
	for name, c := range map[string]struct{ content, want string }{
		"schema":   {strings.Replace(honest, "comparison/v1", "comparison/v9", 1), "plimsoll/comparison/v9"},
		"NaN":      {strings.Replace(honest, `"pairs":8`, `"pairs":NaN`, 1), "invalid character"},
		"huge":     {leg(t, "api", record.Pass, func(c *record.Comparison) { c.Services[0].Cost.Head = 1e308 }), "1e+308"},
		"verdict":  {leg(t, "api", record.Fail, func(c *record.Comparison) { c.Verdict, c.Services[0].Verdict = record.Pass, record.Pass }), "gravest of its parts"},
		"100 MB":   {strings.Repeat(" ", 100<<20), "longer than"},
		"deep":     {strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), "max depth"},
		"no JSON":  {"::set-output name=verdict::pass", "invalid character"},
		"config":   {leg(t, "api", record.Pass, func(c *record.Comparison) { c.Config = "/etc/passwd" }), "within the repository"},
		"nobody's": {leg(t, "api", record.Accepted), "nobody signed it off"},
	} {
		w.write("legs/api/comparison.json", c.content)
		code := w.action("publish", filepath.Join(w.dir, "legs"), "expect", "api\nweb")
		if code != 3 || w.checked().Conclusion != "failure" {
			t.Errorf("%s: exit code %d, check %s\n%s", name, code, w.checked().Conclusion, w.stderr.String())
		}
		says(t, name, spelt(w.told()), "was not taken", c.want, "`web`", "`api`")
	}
	// Neither is one behind a link, which could lead anywhere.
	os.Remove(path)
	if err := os.Symlink(w.write("elsewhere.json", honest), path); err != nil {
		t.Fatal(err)
	}
	if code := w.action("publish", filepath.Join(w.dir, "legs"), "expect", "api\nweb"); code != 3 {
		t.Errorf("a link was followed: exit code %d", code)
	}
}

// Names that others chose reach no place in which they mean anything.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	const evil = "a|`b`</td><script>alert(1)</script> @everyone #1 ::set-output name=verdict::pass ##[error]x [x](https://evil.test)"
	long := strings.Repeat("x", 10_000) + "\n::error::forged\r\n::set-output name=verdict::pass\n" + evil
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	file := w.write("comparison.json", leg(t, evil[:60], record.Fail, func(c *record.Comparison) {
		s := &c.Services[0]
		s.Base.Image, s.Head.Image, s.Base.Platform, s.Head.Digest = long, evil, evil, long
		s.Warnings, c.Warnings, c.Tool, c.Config = []string{long, evil}, []string{long, evil}, long, "a b:c,d%0A.yml"
		s.Head.Layers = append(s.Head.Layers, record.Layer{Instruction: long, DiffID: evil})
		for i := range s.Metrics {
			s.Metrics[i].Note = long
		}
		s.Manifest = &record.Manifest{Workload: long, Container: evil, Patch: "a\n```\n" + evil + "\n````\n@everyone \n", Findings: []record.Finding{{File: long, Line: 1, Message: long}}}
	}))
	if code := w.action("publish", file+"\n"+filepath.Join(w.dir, "gone @everyone `x` ::error::y"), "check", "off"); code != 1 {
		t.Errorf("exit code %d\n%s", code, w.stderr.String())
	}
	for what, text := range map[string]string{"comment": w.told(), "summary": w.read("summary")} {
		text = asRead(text)
		for _, found := range []string{"<script", "@everyone ", "\n::", "[x](https://evil", " #1 "} {
			if strings.Contains(text, found) {
				at := strings.Index(text, found)
				t.Errorf("%s holds %q: %q", what, found, text[max(at-200, 0):min(at+100, len(text))])
			}
		}
	}
	for _, command := range w.commands() {
		if !regexp.MustCompile(`\A::(error|warning) [^:]*::`).MatchString(command) || strings.Contains(command, "forged\n") {
			t.Errorf("the runner obeys %q", command)
		}
	}
	known := map[string]bool{}
	for _, o := range config.Outputs {
		known[o.Name] = true
	}
	for name, value := range w.outputs() {
		if !known[name] || strings.ContainsAny(value, "\n|`<@") || strings.Contains(value, "evil") {
			t.Errorf("output %s is %q", name, value)
		}
	}
	for _, line := range strings.Split(w.stderr.String(), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			t.Errorf("the log says %q", line)
		}
	}
}

// asRead is Markdown without its blocks and spans of code, in which nothing means
// anything but their own end.
func asRead(markdown string) string {
	var b strings.Builder
	fence := ""
	for line := range strings.Lines(markdown) {
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(ticks) >= 3:
			fence = ticks
		case fence != "" && len(ticks) >= len(fence) && strings.Trim(line, "`\n") == "":
			fence = ""
		case fence == "":
			b.WriteString(regexp.MustCompile("`[^`\n]*`|<code>[^<]*</code>").ReplaceAllString(line, ""))
		}
	}
	return b.String()
}
