package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestManifestOfFiftyMegabytesIsNotRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "big.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "big.yaml"), 50e6); err != nil {
		t.Fatal(err)
	}
	j := &job{plan: config.Plan{File: filepath.Join(dir, "plimsoll.yml"), Services: []config.Service{{
		Name: "api", Kubernetes: config.FromKubernetes{Files: []string{"big.yaml"}}}}}}
	err := j.readManifests()
	var wrong config.Errors
	const want = "big.yaml:1:1: the file has 50000000 bytes, expected at most 8388608 (8 MiB) [config]"
	if !errors.As(err, &wrong) || err.Error() != want {
		t.Errorf("%v, expected %s", err, want)
	}
}

func TestMisfitsAreAnnotatedWhereTheyStand(t *testing.T) {
	s := record.Service{Manifest: &record.Manifest{Workload: "Deployment api", Findings: []record.Finding{
		{File: "../deploy/api.yaml", Line: 17, Column: 27, Message: "limit 128Mi, measured peak 171Mi: this pod will be killed"}}}}
	want := []github.Annotation{{Level: github.Warning, Title: "plimsoll: Deployment api", File: "deploy/api.yaml", Line: 17,
		Message: "limit 128Mi, measured peak 171Mi: this pod will be killed"}}
	if d := cmp.Diff(want, manifestAnnotations("ci/plimsoll.yml", s)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	// A file from elsewhere, as a stranger may name it, is no place to point at.
	if got := manifestAnnotations("plimsoll.yml", s); got[0].File != "" || got[0].Line != 0 {
		t.Errorf("annotation at %s:%d", got[0].File, got[0].Line)
	}
}
