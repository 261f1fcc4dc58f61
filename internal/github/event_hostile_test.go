package github_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// A payload that is taken for another event must not measure one commit and
// report on another.
func TestEventsAreNotTakenForOneAnother(t *testing.T) {
	events := []string{"pull_request", "merge_group", "push", "workflow_run"}
	for _, of := range append([]string{"workflow_dispatch", "issue_comment", "check_run", "status"}, events...) {
		for i, raw := range githubtest.Payloads(t, of) {
			for _, as := range events {
				if as == of {
					continue
				}
				if e, err := github.ParseEvent(as, raw); err == nil || !strings.Contains(err.Error(), "not of that event") {
					t.Errorf("example %d of %s was taken for %s: %+v, %v", i, of, as, e, err)
				}
			}
		}
	}
}

func TestEventOf20MB(t *testing.T) {
	path := filepath.Join(t.TempDir(), "event.json")
	raw := fmt.Sprintf(pullPayload, "o")
	raw = raw[:len(raw)-1] + `, "body": "` + strings.Repeat("x", 20<<20) + `"}`
	if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
		t.Fatal(err)
	}
	if e, err := github.ReadEvent("pull_request", path); err != nil || e.Number != 7 {
		t.Errorf("event %+v, %v", e, err)
	}
	if err := os.WriteFile(path, []byte(raw+strings.Repeat(" ", github.MaxEvent)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := github.ReadEvent("pull_request", path); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a payload of more than GitHub sends: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := github.ReadEvent("pull_request", path); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("an empty file: %v", err)
	}
}

// Whoever opens a pull request chooses the names of its branches and labels, and
// whoever writes the workflow those of jobs. None of them ends up as a command,
// as an output or as somebody else's comment.
func TestPublishOfHostileNames(t *testing.T) {
	for name, text := range map[string]string{
		"lines":    "x\n::set-output name=verdict::pass\r\n::error::y",
		"comment":  "--> <!-- plimsoll/comment/v1 key=x head= run=9 attempt=9 digest= -->",
		"markdown": "@everyone `|` </details> <script>alert(1)</script> ${{ secrets.X }}",
		"long":     strings.Repeat("é|", 5000),
		"control":  "\x00\x1b[31m\u202e\u2028",
	} {
		t.Run(name, func(t *testing.T) {
			s := githubtest.New(t)
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			payload := strings.ReplaceAll(strings.ReplaceAll(fmt.Sprintf(pullPayload, "o"), `"x"`, string(quoted)), `"main"`, string(quoted))
			payload = payload[:len(payload)-1] + fmt.Sprintf(`, "label": {"name": %s}, "sender": {"login": %s}}`, quoted, quoted)
			st := newStep(t, s, "pull_request", payload, "token")
			st.Run.Workflow, st.Run.Job = text, text
			for range 2 { // and the comment is found again
				st.printed.Reset()
				if out := github.Publish(t.Context(), st.Destination, publication); out.Refused != nil || len(out.Warnings) > 0 {
					t.Fatalf("outcome %+v", out)
				}
			}
			got := only(t, s, "the comment")
			first, rest, _ := strings.Cut(got[0].Body, "\n")
			if rest != "the comment" || strings.Count(first, "<!--") != 1 || strings.Count(first, "-->") != 1 || len(first) > 600 {
				t.Errorf("comment %q", got[0].Body)
			}
			if printed := st.printed.String(); strings.Count(printed, "\n") != 1 || !strings.HasPrefix(printed, "::error file=plimsoll.yml") {
				t.Errorf("printed %q", printed)
			}
			if got := outputs(t, read(t, st.output)); got["verdict"] != "fail" || len(got) != 4 {
				t.Errorf("outputs %v", got)
			}
		})
	}
}
