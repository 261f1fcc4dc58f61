package report_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

const patch = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n"

func TestPatchOfAManifestIsFolded(t *testing.T) {
	c := failing()
	c.Services[0].Manifest = &record.Manifest{Workload: "Deployment api", Container: "api", Patch: patch}
	md := string(report.Markdown(c, pull()))
	_, inside, _ := strings.Cut(md, "<details>")
	if !strings.Contains(inside, "**Suggested patch of `Deployment api`**\n\n```yaml\n"+patch+"```\n") {
		t.Errorf("no patch in\n%s", inside)
	}
	page, err := report.HTML(c, report.Options{})
	if err != nil || !strings.Contains(string(page), "<pre>"+patch+"</pre>") {
		t.Errorf("no patch on the page: %v", err)
	}
}

// A patch quotes names of a manifest that the pull request brings.
func TestPatchCannotLeaveItsFence(t *testing.T) {
	c := failing()
	c.Services[0].Manifest = &record.Manifest{Workload: evil, Patch: "name: a\n```\n</details> @everyone\n\x1b[31m````\n"}
	md := string(report.Markdown(c, pull()))
	_, inside, found := strings.Cut(md, "\n`````yaml\n")
	body, _, closed := strings.Cut(inside, "\n`````\n")
	if !found || !closed || !strings.Contains(body, "@everyone") || strings.Contains(body, "\x1b") {
		t.Errorf("the fence does not hold:\n%s", md)
	}
	page, err := report.HTML(c, report.Options{})
	if err != nil || strings.Contains(string(page), "```\n</details>") {
		t.Errorf("markup of a patch on the page: %v", err)
	}
}
