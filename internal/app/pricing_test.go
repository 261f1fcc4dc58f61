package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

func TestTheBookOfAConfigurationIsRead(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("prices.yml", "extends: builtin\noverrides: [{key: aws.nat.processing, region: us-east-1, value: 0.03, reason: ours}]\n")
	put("wrong.yml", "extends: builtin\noverrides: [{key: aws.nat.procesing, region: us-east-1, value: 0.03, reason: ours}]\n")
	put("large.yml", strings.Repeat("# 0123456789\n", config.MaxSize/10))
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link.yml")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "plimsoll.yml")

	if _, err := newModel(file, config.Cost{Book: "prices.yml"}); err != nil {
		t.Error(err)
	}
	_, err := newModel(file, config.Cost{Book: "wrong.yml"})
	var wrong config.Errors
	if !errors.As(err, &wrong) || failureCode(err) != ExitUsage || wrong[0].Line != 2 || wrong[0].File != filepath.Join(dir, "wrong.yml") {
		t.Errorf("a misspelt key: error %v", err)
	}
	for name, want := range map[string]string{
		"none.yml": "there is no file none.yml", "link.yml": "must lie below", "../prices.yml": "must lie below",
		"large.yml": "is larger than 1048576 bytes", ".": "is no regular file",
	} {
		_, err := newModel(file, config.Cost{Book: name})
		if err == nil || failureCode(err) != ExitUsage || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "root:") {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
}
