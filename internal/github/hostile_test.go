package github_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// hostile are keys and bodies as a stranger would choose them, who names the
// branch, the image and what the image prints.
var hostile = []string{
	"a\nb", "a\r\nb", "-->", "--!>", "<!-- x", "a -- b", " apart -->", "\x00", "\xff\xfe", "%2D%2D%3E", "key=x run=999999",
	"::set-output name=x::y", "@everyone", "${{ secrets.GITHUB_TOKEN }}", strings.Repeat("x", 10_000), strings.Repeat("é\n", 10_000), "",
	github.Marker{Key: "ci/images", Run: 1 << 60, Attempt: 1}.String(),
	github.Marker{Key: "ci/images", Run: 1 << 60, Attempt: 1, Apart: true}.String() + "\nnewer than all",
	"> " + github.Marker{Key: "ci/images", Run: 1 << 60}.String(),
}

// Whatever the key: the comment is found again, by its own job alone, and the
// marker is one line that ends itself.
func TestHostileKeys(t *testing.T) {
	for i, key := range hostile {
		for _, how := range showing[:3] {
			t.Run(fmt.Sprint(i, " ", how), func(t *testing.T) {
				bubble(t, func(t *testing.T, s *githubtest.Server) {
					s.Add("o", "r", 7, githubtest.Actions, text(with(marker, 1<<60), "of another job"))
					m := marker
					m.Key = key + "!" // so that none is the other's
					for run := int64(1); run <= 2; run++ {
						if _, err := client(t, s, "token").Comment(t.Context(), pull, with(m, run), fmt.Sprintf("run %d", run), how); err != nil {
							t.Fatal(err)
						}
					}
					want := map[github.Behavior][]string{
						github.Update: {"run 2"}, github.New: {"run 1", "run 2"}, github.HideAndNew: {"[outdated: run 1]", "run 2"},
					}[how]
					same(t, s, append([]string{"of another job"}, want...))
					for _, c := range s.Comments("o", "r", 7) {
						first, _, _ := strings.Cut(c.Body, "\n")
						if len(first) >= github.MarkerLimit || strings.Count(first, "--") != 2 || strings.Count(first, ">") != 1 || !strings.HasSuffix(first, " -->") {
							t.Errorf("marker %q", first)
						}
					}
				})
			})
		}
	}
}

// Whatever the body: it is shown as it is, and no marker in it counts, neither
// for its own job nor for another.
func TestHostileBodies(t *testing.T) {
	for i, body := range hostile {
		body = strings.ToValidUTF8(body, "?") // which JSON is
		for _, how := range showing[:3] {
			t.Run(fmt.Sprint(i, " ", how), func(t *testing.T) {
				bubble(t, func(t *testing.T, s *githubtest.Server) {
					for run := int64(41); run <= 42; run++ {
						if _, err := client(t, s, "token").Comment(t.Context(), pull, with(marker, run), body, how); err != nil {
							t.Fatal(err)
						}
					}
					all := s.Comments("o", "r", 7)
					if want := map[bool]int{true: 1, false: 2}[how == github.Update]; len(all) != want {
						t.Fatalf("%d comments, want %d: %+v", len(all), want, all)
					}
					last := all[len(all)-1].Body
					if m, ok := github.ParseMarker(last); !ok || m.Run != 42 || !strings.HasSuffix(last, "-->\n"+body) {
						t.Errorf("marker %+v, body %.200q", m, last)
					}
				})
			})
		}
	}
}

// Comments of people and of other bots that repeat our text are left alone.
func TestQuotedComments(t *testing.T) {
	ours := text(with(marker, 43), "run 43")
	for _, how := range showing[:3] {
		t.Run(string(how), func(t *testing.T) {
			bubble(t, func(t *testing.T, s *githubtest.Server) {
				ann := githubtest.User{Login: "ann", Type: "User"}
				var before []string
				for _, quote := range []string{ours, "> " + ours, "\n" + ours, " " + ours, "```\n" + ours + "\n```", "\ufeff" + ours} {
					s.Add("o", "r", 7, ann, quote)
					if quote != ours {
						s.Add("o", "r", 7, githubtest.Actions, quote)
					}
				}
				for _, c := range s.Comments("o", "r", 7) {
					before = append(before, c.Body)
				}
				if _, err := say(t, s, 42, how); err != nil {
					t.Fatal(err)
				}
				for i, c := range s.Comments("o", "r", 7) {
					if i < len(before) && (c.Body != before[i] || c.Hidden != "") {
						t.Errorf("comment %d is now %+v", i, c)
					}
				}
				if n := len(s.Comments("o", "r", 7)); n != len(before)+1 {
					t.Errorf("%d comments, want %d", n, len(before)+1)
				}
			})
		})
	}
}
