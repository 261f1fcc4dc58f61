package ginvsflask

import (
	"os"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

func TestConfigurationIsValid(t *testing.T) {
	source, err := os.ReadFile("plimsoll.yml")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := config.Load("plimsoll.yml", source)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Services) != 1 {
		t.Fatalf("got %d services, want 1", len(plan.Services))
	}
	api := plan.Services[0]
	if api.Base != "plimsoll.example/flask:latest" || api.Image != "plimsoll.example/gin:latest" {
		t.Errorf("compares %s with %s, which scripts/images does not build", api.Base, api.Image)
	}
}
