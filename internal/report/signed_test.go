package report_test

import (
	"strings"
	"testing"
	"time"

	judge "github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// signedOff is failing, accepted by somebody with a name of our choice.
func signedOff(login string) record.Comparison {
	return judge.Accept(failing(), record.Acceptance{
		By: login, Label: "plimsoll: accept", At: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC), Head: "4f6c1de0a5b7c8d9e0f1a2b3c4d5e6f708192a3b",
	})
}

func TestAccepted(t *testing.T) {
	forPeople(t, "accepted", signedOff("ada"))
	got := string(page(t, signedOff("ada")))
	want := "Signed off by ada with the label plimsoll: accept on 23 November 2026, 09:30 UTC for commit 4f6c1de0a5: compressed size of api, peak memory of api and cost of api."
	if !strings.Contains(got, "<p>"+want+"</p>") {
		t.Errorf("the page does not say %q", want)
	}
}

func TestAcceptedByAHostileName(t *testing.T) {
	c := signedOff(evil)
	c.Accepted.Label, c.Accepted.Head = evil, evil
	forPeople(t, "accepted-hostile", c)
	wellFormed(t, page(t, c))
}
