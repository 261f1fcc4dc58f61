package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

func TestParseEnv(t *testing.T) {
	values := map[string]string{"KEPT": "1", "MODE": "old"}
	src := "# comment\n\nMODE=test\r\n export A = b c \nQUOTED=\"a # b\"\nSINGLE='x=y'\nEMPTY=\nURL=http://h/?a=b\nLONE=\"\n"
	if err := config.ParseEnv("x.env", []byte(src), values); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"KEPT": "1", "MODE": "test", "A": "b c", "QUOTED": "a # b", "SINGLE": "x=y", "EMPTY": "", "URL": "http://h/?a=b", "LONE": `"`,
	}
	if d := cmp.Diff(want, values); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestParseEnvErrorsShowNoValue(t *testing.T) {
	err := config.ParseEnv("x.env", []byte("OK=1\nhunter2\nA B=hunter2\nNUL=hunter2\x00\n=hunter2\n"), map[string]string{})
	if err == nil {
		t.Fatal("accepted")
	}
	var want []string
	for _, line := range []string{"2", "3", "4", "5"} {
		want = append(want, "x.env:"+line+":1: expected NAME=value, and a name of letters, digits, dots, dashes and underscores [config]")
	}
	if d := cmp.Diff(strings.Join(want, "\n"), err.Error()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if err := config.ParseEnv("x.env", make([]byte, config.MaxSize+1), nil); err == nil || !strings.Contains(err.Error(), "expected at most 1048576") {
		t.Errorf("a large file: %v", err)
	}
}

// Whatever the bytes, a name that comes out can be set in an environment, and
// an error has no control characters.
func FuzzParseEnv(f *testing.F) {
	f.Add([]byte("A=b\nexport C='d'\n#x\n"))
	f.Add([]byte("=\n\x00=\xff\nA"))
	f.Fuzz(func(t *testing.T, src []byte) {
		values := map[string]string{}
		if err := config.ParseEnv("x.env", src, values); err != nil && strings.ContainsAny(err.Error(), "\x00\r\x1b") {
			t.Errorf("error %q", err)
		}
		for name, value := range values {
			if name == "" || strings.ContainsAny(name, "= \t\n\x00") || strings.Contains(value, "\x00") {
				t.Errorf("%q=%q", name, value)
			}
		}
	})
}
