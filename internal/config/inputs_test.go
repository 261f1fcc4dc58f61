package config_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func environment(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func TestInputsFromNothing(t *testing.T) {
	got, err := config.ReadInputs(environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(config.ActionInputs{Out: "plimsoll-out", Comment: "update", Check: "plimsoll", AcceptLabel: "plimsoll: accept", Summary: true}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestInputs(t *testing.T) {
	got, err := config.ReadInputs(environment(map[string]string{
		"INPUT_CONFIG": "ci/plimsoll.yml", "INPUT_BASE": "app:base", "INPUT_HEAD": " app:head ", "INPUT_PLATFORM": "linux/arm/v7",
		"INPUT_OUT": "o", "INPUT_TOKEN": "t0ken", "INPUT_COMMENT": "false", "INPUT_SUMMARY": "TRUE", "INPUT_CHECK": "off",
		"INPUT_SERVICE": "api\n\n web \r\n", "INPUT_ACCEPT-LABEL": "size: fine",
		"INPUT_ON-INCONCLUSIVE": "fail", "INPUT_TIME": "5m", "INPUT_BINARY": "/bin/plimsoll",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := config.ActionInputs{
		Config: "ci/plimsoll.yml", Base: "app:base", Head: "app:head", Platform: "linux/arm/v7", Out: "o", Token: "t0ken",
		Comment: "off", Summary: true, Services: []string{"api", "web"}, AcceptLabel: "size: fine", OnInconclusive: record.Fail, Time: 5 * time.Minute, Binary: "/bin/plimsoll",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestInputsOfPublishing(t *testing.T) {
	got, err := config.ReadInputs(environment(map[string]string{"INPUT_PUBLISH": "a/*.json\nout dir", "INPUT_EXPECT": "api\n\n web \r\n"}))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a/*.json", "out dir"}; !cmp.Equal(want, got.Publish) {
		t.Errorf("publishes %q", got.Publish)
	}
	if want := []string{"api", "web"}; !cmp.Equal(want, got.Expect) {
		t.Errorf("expects %q", got.Expect)
	}
}

func TestCommentInput(t *testing.T) {
	for text, want := range map[string]string{
		"update": config.CommentUpdate, "new": config.CommentNew, "hide-and-new": config.CommentHideAndNew,
		"only-on-change": config.CommentOnlyOnChange, "off": config.CommentOff, "true": config.CommentUpdate, "false": config.CommentOff,
	} {
		got, err := config.ReadInputs(environment(map[string]string{"INPUT_COMMENT": text}))
		if err != nil || got.Comment != want {
			t.Errorf("%q is %q, %v, want %q", text, got.Comment, err, want)
		}
	}
	if _, err := config.ReadInputs(environment(map[string]string{"INPUT_COMMENT": "new\nold"})); err == nil || !strings.Contains(err.Error(), "expected one of") {
		t.Errorf("two words on two lines: %v", err)
	}
}

func TestWrongInputsAreAllNamed(t *testing.T) {
	_, err := config.ReadInputs(environment(map[string]string{
		"INPUT_COMMENT": "updaet", "INPUT_SUMMARY": "1", "INPUT_CHECK": "a\nb", "INPUT_SERVICE": "api\n-x", "INPUT_EXPECT": "a b", "INPUT_ON-INCONCLUSIVE": "warn", "INPUT_TIME": "-5m",
		"INPUT_PLATFORM": "windows/amd64", "INPUT_HEAD": "two words", "INPUT_PUBLISH": "a", "INPUT_ARTIFACT": "b",
	}))
	if err == nil {
		t.Fatal("accepted")
	}
	want := `input "service": expected a name of letters, digits, dots, dashes and underscores on each line, found "api\n-x": "-x": it must start with a letter or digit and have at most 63 characters
input "head": expected an image reference such as app:head, found "two words": no image is called that
input "platform": expected a platform such as linux/amd64, found "windows/amd64": it must be linux/ and an architecture
input "comment": expected one of update, new, hide-and-new, only-on-change, off, found "updaet": no other word is understood; did you mean "update"?
input "check": expected off, or text on one line of at most 100 characters, found "a\nb": it has a line end, or something else that cannot be seen
input "summary": expected true or false, found "1": no other word is understood
input "on-inconclusive": expected "pass", "fail" or "neutral", found "warn": an inconclusive run counts as one of these
input "time": expected a time such as 20ms, 2s or 1m30s, found "-5m": must not be negative
input "expect": expected a name of letters, digits, dots, dashes and underscores on each line, found "a b": "a b": it must start with a letter or digit and have at most 63 characters
inputs "publish" and "artifact": each names what to publish, expected one of the two
input "service", "head", "platform", "time": this says what to measure, and with "publish" or "artifact" nothing is: expected where the measuring is done`
	if d := cmp.Diff(want, err.Error()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestInputsThatChangeNothingAreRefused(t *testing.T) {
	for _, given := range []map[string]string{
		{"INPUT_PUBLISH": "a", "INPUT_BASE": "app:base"},
		{"INPUT_ARTIFACT": "a", "INPUT_TIME": "5m"},
		{"INPUT_EXPECT": "off"},
	} {
		if _, err := config.ReadInputs(environment(given)); err == nil || !strings.Contains(err.Error(), ": this says what ") {
			t.Errorf("%v: %v", given, err)
		}
	}
	for _, given := range []map[string]string{
		{"INPUT_PUBLISH": "a", "INPUT_EXPECT": "api", "INPUT_BASE": " \n"},
		{"INPUT_BASE": "app:base", "INPUT_SERVICE": "api"},
	} {
		if _, err := config.ReadInputs(environment(given)); err != nil {
			t.Errorf("%v: %v", given, err)
		}
	}
}

// The tables that action.yml is checked against: GitHub's rules for names, and
// nothing that the code does not read.
func TestTablesOfTheAction(t *testing.T) {
	read := map[string]bool{}
	if _, err := config.ReadInputs(func(name string) string { read[name] = true; return "" }); err != nil {
		t.Fatal(err)
	}
	if len(config.Inputs) != len(read) || len(config.Inputs) != reflect.TypeFor[config.ActionInputs]().NumField() {
		t.Errorf("%d inputs in the table, %d are read, %d fields", len(config.Inputs), len(read), reflect.TypeFor[config.ActionInputs]().NumField())
	}
	for _, in := range config.Inputs {
		if !read["INPUT_"+strings.ToUpper(in.Name)] {
			t.Errorf("input %q is in the table but never read", in.Name)
		}
		if in.Description == "" || in.Name != strings.ToLower(in.Name) || in.Required && in.Default != "" {
			t.Errorf("input %+v", in)
		}
	}
	seen := map[string]bool{}
	for _, out := range config.Outputs {
		if out.Description == "" || seen[out.Name] {
			t.Errorf("output %+v", out)
		}
		seen[out.Name] = true
	}
}
