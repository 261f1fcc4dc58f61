package github_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

const pullPayload = `{"action": "synchronize", "repository": {"full_name": "o/r"}, "pull_request": {"number": 7,
	"head": {"sha": "cafe", "ref": "x", "repo": {"full_name": "%s/r"}}, "base": {"sha": "f00d", "ref": "main", "repo": {"full_name": "o/r"}}}}`

// step is a step of a workflow run: its files and what it printed.
type step struct {
	github.Destination
	summary, output string
	printed         bytes.Buffer
}

func newStep(t *testing.T, s *githubtest.Server, event, payload, token string) *step {
	t.Helper()
	dir := t.TempDir()
	st := &step{summary: filepath.Join(dir, "summary"), output: filepath.Join(dir, "output")}
	run, err := github.NewRun(environment(t, event, payload, map[string]string{
		"GITHUB_API_URL": s.URL, "GITHUB_STEP_SUMMARY": st.summary, "GITHUB_OUTPUT": st.output,
	}))
	if err != nil {
		t.Fatal(err)
	}
	st.Run, st.Commands = run, &st.printed
	if token != "" {
		st.Client = client(t, s, token)
	}
	return st
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(raw)
}

// outputs reads a file of outputs as the runner does
// (https://github.com/actions/runner/blob/main/src/Runner.Worker/FileCommandManager.cs):
// the part of a line before "<<" is a name, and the value ends at a line that
// is the rest.
func outputs(t testing.TB, file string) map[string]string {
	t.Helper()
	got := map[string]string{}
	lines := strings.Split(file, "\n")
	for i := 0; i < len(lines); i++ {
		if lines[i] == "" {
			continue
		}
		if before, _, ok := strings.Cut(lines[i], "="); ok && !strings.Contains(before, "<<") {
			t.Fatalf("line %q names an output by itself", lines[i])
		}
		name, delimiter, ok := strings.Cut(lines[i], "<<")
		end := -1
		if ok {
			end = slices.Index(lines[i+1:], delimiter)
		}
		if end < 0 {
			t.Fatalf("line %d %q begins no output in %q", i, lines[i], file)
		}
		got[name] = strings.Join(lines[i+1:i+1+end], "\n")
		i += end + 1
	}
	return got
}

var publication = github.Publication{
	Comment: "the comment", Summary: "the summary",
	Outputs:     []github.Output{{Name: "verdict", Value: "fail"}, {Name: "exit-code", Value: "1"}},
	Annotations: []github.Annotation{{Level: github.Error, File: "plimsoll.yml", Line: 14, Title: "startup.ready", Message: "28 % over"}},
}

func TestPublish(t *testing.T) {
	s := githubtest.New(t)
	st := newStep(t, s, "pull_request", fmt.Sprintf(pullPayload, "o"), "token")
	out := github.Publish(t.Context(), st.Destination, publication)
	if out.Refused != nil || len(out.Warnings) > 0 {
		t.Fatalf("outcome %+v", out)
	}
	got := only(t, s, "the comment")
	if m, ok := github.ParseMarker(got[0].Body); !ok || m.Key != "ci/images" || m.Head != "cafe" || m.Run != 42 || m.Attempt != 2 {
		t.Errorf("marker %+v", m)
	}
	if got := read(t, st.summary); got != "the summary\n" {
		t.Errorf("summary %q", got)
	}
	want := map[string]string{"verdict": "fail", "exit-code": "1", "comment-url": out.Comment.URL, "check-url": ""}
	if d := cmp.Diff(want, outputs(t, read(t, st.output))); d != "" || out.Comment.URL == "" {
		t.Errorf("outputs (-want +got):\n%s", d)
	}
	if got, want := st.printed.String(), "::error file=plimsoll.yml,line=14,title=startup.ready::28 %25 over\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// An old run that is run again after a newer one commented says that the comment
// is not its own.
func TestPublishAfterANewerRun(t *testing.T) {
	s := githubtest.New(t)
	st := newStep(t, s, "pull_request", fmt.Sprintf(pullPayload, "o"), "token")
	newer := st.Destination
	newer.Run.ID++
	if out := github.Publish(t.Context(), newer, publication); out.Refused != nil {
		t.Fatal(out.Refused)
	}
	before := only(t, s, "the comment")
	st.printed.Reset()
	out := github.Publish(t.Context(), st.Destination, publication)
	if out.Refused == nil || out.Refused.Reason != github.Superseded || out.Comment.URL != "" {
		t.Errorf("outcome %+v", out)
	}
	if is := only(t, s, "the comment"); !slices.Equal(before, is) {
		t.Errorf("the newer run's comment was %+v, is %+v", before, is)
	}
	if got := st.printed.String(); !strings.HasSuffix(got, "::notice title=plimsoll::no comment: a newer run has already commented\n") {
		t.Errorf("printed %q", got)
	}
}

// Where there can be no comment, the summary holds the result and says why.
func TestPublishFallsBackToTheSummary(t *testing.T) {
	for name, c := range map[string]struct {
		owner, token string
		prepare      func(*githubtest.Server)
		want         github.Reason
		says         string
	}{
		"fork":            {"stranger", "token", nil, github.Fork, "fork"},
		"no token":        {"o", "", nil, github.NoToken, "token: ${{ github.token }}"},
		"may not comment": {"o", "token", func(s *githubtest.Server) { s.Grant("token", reader) }, github.Forbidden, "pull-requests: write"},
		"of another repo": {"o", "token", func(s *githubtest.Server) { s.Fail(githubtest.Fault{How: githubtest.Status(404, "Not Found")}) }, github.NotFound, "404"},
		"locked":          {"o", "token", func(s *githubtest.Server) { s.Lock("o", "r", 7) }, github.Locked, "locked"},
		"limited for long": {"o", "token", func(s *githubtest.Server) {
			s.Fail(githubtest.Fault{How: githubtest.Status(429, "x", "Retry-After", "9999")})
		}, github.RateLimited, "rate limit"},
	} {
		t.Run(name, func(t *testing.T) {
			s := githubtest.New(t)
			if c.prepare != nil {
				c.prepare(s)
			}
			st := newStep(t, s, "pull_request", fmt.Sprintf(pullPayload, c.owner), c.token)
			out := github.Publish(t.Context(), st.Destination, publication)
			if out.Refused == nil || out.Refused.Reason != c.want || len(out.Warnings) > 0 {
				t.Fatalf("outcome %+v, want reason %s", out, c.want)
			}
			summary := read(t, st.summary)
			if !strings.HasPrefix(summary, "> [!NOTE]\n") || !strings.Contains(summary, c.says) || !strings.HasSuffix(summary, "\n\nthe summary\n") {
				t.Errorf("summary %q, want a note with %q and the summary", summary, c.says)
			}
			if got := outputs(t, read(t, st.output)); got["verdict"] != "fail" || got["comment-url"] != "" {
				t.Errorf("outputs %v", got)
			}
			if !strings.Contains(st.printed.String(), "::warning title=plimsoll::no comment: ") {
				t.Errorf("printed %q, want a warning", st.printed.String())
			}
			only(t, s)
		})
	}
}

func TestPublishSavesTheCommentWhereNoSummaryWasWanted(t *testing.T) {
	s := githubtest.New(t)
	st := newStep(t, s, "pull_request", fmt.Sprintf(pullPayload, "o"), "")
	github.Publish(t.Context(), st.Destination, github.Publication{Comment: "the comment"})
	if got := read(t, st.summary); !strings.HasSuffix(got, "\n\nthe comment\n") {
		t.Errorf("summary %q", got)
	}
}

func TestPublishWithoutAPullRequest(t *testing.T) {
	s := githubtest.New(t)
	for event, payload := range map[string]string{
		"push": `{"ref": "refs/heads/main", "after": "cafe"}`, "merge_group": `{"merge_group": {"head_sha": "cafe"}}`,
	} {
		st := newStep(t, s, event, payload, "token")
		out := github.Publish(t.Context(), st.Destination, publication)
		if out.Refused == nil || out.Refused.Reason != github.NoPull {
			t.Errorf("%s: outcome %+v", event, out)
		}
		if got := read(t, st.summary); got != "the summary\n" {
			t.Errorf("%s: summary %q, want no note: there was nothing to comment on", event, got)
		}
		if strings.Contains(st.printed.String(), "::warning") {
			t.Errorf("%s: printed %q, want no warning", event, st.printed.String())
		}
	}
	if got := s.Requests(); len(got) > 0 {
		t.Errorf("requests %+v", got)
	}
}

func TestPublishWantsNothing(t *testing.T) {
	s := githubtest.New(t)
	st := newStep(t, s, "pull_request", fmt.Sprintf(pullPayload, "o"), "token")
	out := github.Publish(t.Context(), st.Destination, github.Publication{})
	if out.Refused != nil || len(out.Warnings) > 0 || len(s.Requests()) > 0 || read(t, st.summary) != "" || st.printed.Len() > 0 {
		t.Errorf("outcome %+v, summary %q, printed %q", out, read(t, st.summary), st.printed.String())
	}
}

// One part that cannot be written does not keep the others from being written.
func TestPublishGoesOnAfterFailures(t *testing.T) {
	s := githubtest.New(t)
	st := newStep(t, s, "pull_request", fmt.Sprintf(pullPayload, "o"), "token")
	st.Run.Summary, st.Run.Output = t.TempDir(), ""
	out := github.Publish(t.Context(), st.Destination, publication)
	if len(out.Warnings) != 2 {
		t.Errorf("warnings %v, want one of the summary and one of the outputs", out.Warnings)
	}
	only(t, s, "the comment")
	if !strings.Contains(st.printed.String(), "::error") {
		t.Errorf("printed %q", st.printed.String())
	}
}

func TestOutputsCannotBeInjected(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		value := rapid.StringMatching(`(verdict<<x|x|verdict=pass|_GitHubActionsFileCommandDelimeter_|plimsoll_[A-Z2-7]{4}|\n|=|<<|é){0,12}`).Draw(rt, "value")
		path := filepath.Join(dir, "output")
		os.Remove(path)
		want := map[string]string{"first": value, "last": "fail"}
		err := github.AppendOutputs(path, []github.Output{{Name: "first", Value: value}, {Name: "last", Value: "fail"}})
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(want, outputs(t, read(t, path))); d != "" {
			rt.Fatalf("outputs (-want +got):\n%s", d)
		}
	})
}

func TestOutputNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "output")
	for _, name := range []string{"", "a b", "a<<b", "a=b", "a\nb", "1a"} {
		if err := github.AppendOutputs(path, []github.Output{{Name: name}}); err == nil {
			t.Errorf("name %q was taken", name)
		}
	}
	if got := read(t, path); got != "" {
		t.Errorf("file holds %q", got)
	}
}

func TestSummaryIsAppendedAndCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "summary")
	if err := os.WriteFile(path, []byte("# before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("é", 50) + "\n"
	if err := github.AppendSummary(path, strings.Repeat(line, 11000)); err != nil {
		t.Fatal(err)
	}
	got := read(t, path)
	if len(got) > 1<<20 || len(got) < 1<<20-1000 {
		t.Errorf("summary has %d bytes, want a little under 1 MiB", len(got))
	}
	kept, notice, _ := strings.Cut(strings.TrimPrefix(got, "# before\n"), "\n\n")
	if strings.Trim(kept+"\n", line) != "" || !strings.Contains(notice, "left out") {
		t.Errorf("summary was cut within a line or without a notice: ...%q", got[len(got)-200:])
	}
	if err := github.AppendSummary(path, strings.Repeat(line, 100)); err != nil || len(read(t, path)) > 1<<20 {
		t.Errorf("a full summary grew to %d bytes, %v", len(read(t, path)), err)
	}
}

func TestAnnotationsCannotBeInjected(t *testing.T) {
	command := regexp.MustCompile(`\A::error( [^:\n\r]*)?::[^\n\r]*\n\z`)
	rapid.Check(t, func(rt *rapid.T) {
		nasty := rapid.StringMatching(`(::set-output name=verdict::pass|::|\n|\r|,line=1|%0A|:|x){0,12}`)
		a := github.Annotation{Level: github.Error, File: nasty.Draw(rt, "file"), Line: 3, Title: nasty.Draw(rt, "title"), Message: nasty.Draw(rt, "message")}
		var b bytes.Buffer
		if err := github.Annotate(&b, []github.Annotation{a}); err != nil {
			rt.Fatal(err)
		}
		if !command.Match(b.Bytes()) {
			rt.Fatalf("printed %q", b.String())
		}
		properties, _, _ := strings.Cut(strings.TrimPrefix(b.String(), "::"), "::")
		if n := strings.Count(strings.NewReplacer(" ", ",").Replace(properties), ",line="); n > 1 {
			rt.Fatalf("%d lines named in %q", n, b.String())
		}
	})
}

// What an API or a proxy says is quoted, and moves no terminal's cursor.
func TestAnnotationsAreLegible(t *testing.T) {
	var b bytes.Buffer
	quoted := "a\x1b[31m\u202eb\u200b\nc\r"
	if err := github.Annotate(&b, []github.Annotation{{Level: github.Error, Title: quoted, Message: quoted}}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "::error title=a [31m b %0Ac ::a [31m b %0Ac \n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAnnotationsStayWithinTheRunnersLimits(t *testing.T) {
	var all []github.Annotation
	for i := range 13 {
		all = append(all, github.Annotation{Level: github.Error, Message: fmt.Sprintf("error %d", i)})
		if i < 10 {
			all = append(all, github.Annotation{Level: github.Warning, Message: strings.Repeat("é", 3000)})
		}
	}
	var b bytes.Buffer
	if err := github.Annotate(&b, all); err != nil {
		t.Fatal(err)
	}
	printed := b.String()
	if errs, warnings := strings.Count(printed, "::error::"), strings.Count(printed, "::warning::"); errs != 10 || warnings != 10 {
		t.Errorf("%d errors and %d warnings, want 10 of each", errs, warnings)
	}
	if !strings.Contains(printed, "::error::4 more like this") {
		t.Errorf("nothing says that 4 errors are left out: %s", printed)
	}
	for line := range strings.Lines(printed) {
		if message := strings.TrimPrefix(line, "::warning::"); len(message) > 4097 || !strings.HasSuffix(strings.TrimSpace(line), "...") && strings.Contains(line, "é") {
			t.Errorf("message of %d bytes ends in %q", len(message), line[len(line)-10:])
		}
	}
}

func TestUntrustedTextRunsNoCommand(t *testing.T) {
	var b bytes.Buffer
	log := "hello\n::stop-commands::x\n::x::\n::set-output name=verdict::pass\n"
	for range 2 {
		if err := github.Untrusted(&b, log); err != nil {
			t.Fatal(err)
		}
	}
	// As the runner reads it: everything up to the line with the token is text.
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	seen := map[string]bool{}
	for len(lines) > 0 {
		token, ok := strings.CutPrefix(lines[0], "::stop-commands::")
		if !ok || seen[token] {
			t.Fatalf("line %q is outside of a block, or its token is known", lines[0])
		}
		seen[token] = true
		end := slices.Index(lines, "::"+token+"::")
		if got := strings.Join(lines[1:end], "\n") + "\n"; got != log {
			t.Errorf("block holds %q", got)
		}
		lines = lines[end+1:]
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestPrintingThatFailsIsAWarning(t *testing.T) {
	s := githubtest.New(t)
	st := newStep(t, s, "push", `{"ref": "refs/heads/main", "after": "cafe"}`, "")
	st.Commands = full{}
	if out := github.Publish(t.Context(), st.Destination, publication); len(out.Warnings) != 1 {
		t.Errorf("warnings %v", out.Warnings)
	}
	if err := github.Untrusted(full{}, "x"); err == nil {
		t.Error("Untrusted reported no error")
	}
}
