package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

const three = `services: [{name: api, image: a, base: b}, {name: web, image: w, base: v}, {name: worker, image: x, base: y}]`

func TestPick(t *testing.T) {
	plan, err := config.Load("plimsoll.yml", []byte(three))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ wanted, got []string }{
		{nil, []string{"api", "web", "worker"}}, {[]string{"web"}, []string{"web"}}, {[]string{"worker", "api", "api"}, []string{"api", "worker"}},
	} {
		picked, err := plan.Pick(c.wanted)
		if d := cmp.Diff(c.got, picked.Names()); err != nil || d != "" {
			t.Errorf("%q: %v (-want +got):\n%s", c.wanted, err, d)
		}
	}
	_, err = plan.Pick([]string{"api", "wrker"})
	if want := `no service is called "wrker", expected one of api, web, worker; did you mean "worker"?`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if len(plan.Services) != 3 {
		t.Error("Pick changed the plan")
	}
}

// A leg of a matrix gives the images of its own service.
func TestImagesOfOneService(t *testing.T) {
	plan, err := config.LoadImages("plimsoll.yml", []byte(three), config.Images{Base: "web:base", Head: "web:head", Service: "web"})
	if err != nil {
		t.Fatal(err)
	}
	if api, web := plan.Services[0], plan.Services[1]; api.Image != "a" || api.Base != "b" || web.Image != "web:head" || web.Base != "web:base" {
		t.Errorf("images are %s, %s and %s, %s", api.Base, api.Image, web.Base, web.Image)
	}
	if _, err := config.LoadImages("plimsoll.yml", []byte(three), config.Images{Head: "x"}); err == nil || !strings.Contains(err.Error(), "3 services") {
		t.Errorf("error %v", err)
	}
	alone, err := config.LoadImages("plimsoll.yml", []byte(`services: [{ready: none}]`), config.Images{Head: "x", Service: "web"})
	if err != nil || alone.Services[0].Image != "x" {
		t.Errorf("the only service of a file: %v", err)
	}
}

func TestServiceNames(t *testing.T) {
	for src, want := range map[string][]string{
		three: {"api", "web", "worker"},
		`services: [{name: api}, {image: web}, {name: worker, base: x}]`: {"api", "web", "worker"},
		`services: [{ready: none}]`:                                      nil,
		`cost: {platform: fargate}`:                                      nil,
	} {
		got, err := config.ServiceNames("plimsoll.yml", []byte(src))
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got):\n%s", src, err, d)
		}
	}
	if _, err := config.ServiceNames("plimsoll.yml", []byte("servces: []")); err == nil {
		t.Error("a wrong configuration was taken")
	}
}
