package compose

import (
	"os"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

func TestConfigurationIsValid(t *testing.T) {
	plan, err := config.Load("plimsoll.yml", read(t, "plimsoll.yml"))
	if err != nil {
		t.Fatal(err)
	}
	from := plan.Services[0].Compose
	got, err := config.ParseCompose(from.File, read(t, from.File), from.Service, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Dependencies) != 2 || got.Dependencies[0].Image != "postgres:17" || got.Dependencies[1].Image != "redis:8" {
		t.Errorf("the dependencies are %+v", got.Dependencies)
	}
	if url := got.Service.Environment["DATABASE_URL"]; url != "postgres://postgres:secret@db/shop" {
		t.Errorf("the service reaches its database at %s", url)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return source
}
