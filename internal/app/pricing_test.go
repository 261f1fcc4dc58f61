package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/cost"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
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

// Pricing follows the images, unless the user says otherwise; a named node must
// run them.
func TestImagesArePricedWhereTheyRun(t *testing.T) {
	for _, c := range []struct {
		cost      config.Cost
		platforms []string
		want      string // key of the price, or part of the error
	}{
		{config.Cost{}, []string{"linux/amd64"}, "node.aws.m7i.large"},
		{config.Cost{}, []string{"linux/arm64/v8"}, "node.aws.m7g.large"},
		{config.Cost{}, []string{"linux/arm64", "linux/amd64"}, "node.aws.m7g.large"},
		{config.Cost{}, []string{"linux/riscv64", "weird"}, "node.aws.m7i.large"},
		{config.Cost{Arch: "amd64"}, []string{"linux/arm64"}, "node.aws.m7i.large"},
		{config.Cost{Node: "aws/t4g.large"}, []string{"linux/arm64"}, "node.aws.t4g.large"},
		{config.Cost{Node: "aws/t4g.large"}, []string{"linux/amd64"}, "node aws/t4g.large is arm64, and what it is to run is amd64"},
		{config.Cost{Node: "aws/m7i.large"}, []string{"linux/arm64"}, "node aws/m7i.large is amd64, and what it is to run is arm64"},
		{config.Cost{Node: "aws/m7g.large", Arch: "arm64"}, []string{"linux/amd64"}, "node.aws.m7g.large"},
	} {
		if got := priced(t, c.cost, c.platforms); !strings.Contains(got, c.want) {
			t.Errorf("%v on node %q and arch %q: %s, want %s", c.platforms, c.cost.Node, c.cost.Arch, got, c.want)
		}
	}
}

// priced is the node that images are priced on, or why they are not.
func priced(t *testing.T, c config.Cost, platforms []string) string {
	t.Helper()
	var pairs [][2]*side
	for _, p := range platforms {
		pairs = append(pairs, [2]*side{{}, {image: &engine.Image{Platform: p}}})
	}
	model, err := newModel("plimsoll.yml", c)
	j := &job{plan: config.Plan{Cost: c}, model: model}
	if err = errors.Join(err, j.priceWhereItRuns(pairs)); err != nil {
		return err.Error()
	}
	e, err := j.model.Estimate(cost.Inputs{MemoryPeak: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return e.Prices[0].Key
}
