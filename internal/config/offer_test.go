package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestLoadOfAService(t *testing.T) {
	plan := load(t, "testdata/ok/load.yml")
	want := record.Load{
		Stages: []record.Stage{{For: 1, Rate: 50}, {For: 2, Users: 50}, {For: 0.5, Users: 10}, {For: 1}},
		Requests: []record.Request{
			{Method: "GET", Path: "/user/1", Weight: 1, Expect: []int{200}},
			{Method: "POST", Path: "/login", Weight: 3, Expect: []int{200, 201}, Headers: map[string]string{"content-type": "application/json", "te": "trailers"}},
		},
		Think: 0.1, Protocol: record.H2C,
	}
	if d := cmp.Diff(want, plan.Services[0].Setup.Load); d != "" {
		t.Errorf("load (-want +got):\n%s", d)
	}
	if got := plan.Services[1].Setup.Load; got.Protocol != record.HTTP1 || got.Think != 0 {
		t.Errorf("load %+v, want http1 without think time", got)
	}
}
