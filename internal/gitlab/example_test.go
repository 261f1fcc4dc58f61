package gitlab_test

import (
	"os"
	"regexp"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/gitlab"
	"github.com/plimsoll-ci/plimsoll/internal/gitlab/gitlabtest"
)

// The example hands every variable that is read to the container, and keeps what
// GitLab shows under the names it is written by.
func TestExampleJob(t *testing.T) {
	raw, err := os.ReadFile("../../example-workflows/gitlab/gitlab-ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var jobs map[string]struct {
		Script    []string
		Artifacts struct {
			When    string
			Reports struct {
				JUnit       string `yaml:"junit"`
				CodeQuality string `yaml:"codequality"`
			}
		}
	}
	if err := yaml.Unmarshal(raw, &jobs); err != nil {
		t.Fatal(err)
	}
	job := jobs["plimsoll"]
	passed := map[string]bool{}
	for _, line := range job.Script {
		for _, m := range regexp.MustCompile(`-e ([A-Z_0-9]+)`).FindAllStringSubmatch(line, -1) {
			passed[m[1]] = true
		}
	}
	env := variables(gitlabtest.New(t, ""))
	reading := func(name string) string {
		if !passed[name] && name != "GITLAB_TOKEN" {
			t.Errorf("%s is not handed to the container", name)
		}
		return env(name)
	}
	if !gitlab.Inside(reading) || gitlab.Token(reading) == "" {
		t.Error("there is no job, or no token")
	}
	if _, err := gitlab.NewRun(reading); err != nil {
		t.Error(err)
	}
	if a := job.Artifacts; a.When != "always" || a.Reports.JUnit != "plimsoll-out/junit.xml" || a.Reports.CodeQuality != "plimsoll-out/code-quality.json" {
		t.Errorf("artifacts are %+v", a)
	}
}
