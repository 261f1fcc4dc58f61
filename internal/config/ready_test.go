package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestShapes(t *testing.T) {
	plan := load(t, "testdata/ok/shapes.yml")
	want := map[string]record.Ready{
		"job":            {Kind: record.ReadyExit, Timeout: 60},
		"job-that-fails": {Kind: record.ReadyExit, Exit: 3, Timeout: 600},
		"worker":         {Kind: record.ReadyNone, Timeout: 60},
		"rpc":            {Kind: record.ReadyGRPC, Service: "orders.v1.Orders", Port: 9000, Timeout: 60},
		"server":         {Kind: record.ReadyGRPC, Port: 9000, Timeout: 60},
		"line":           {Kind: record.ReadyLog, Log: "Listening on", Port: 8080, Timeout: 60},
		"gated-job":      {Kind: record.ReadyExit, Timeout: 60},
		"gated-recovery": {Kind: record.ReadyAuto, Timeout: 60},
		"regular":        {Kind: record.ReadyLog, Log: `/ready in \d+ ms/`, Timeout: 60},
	}
	got := map[string]record.Ready{}
	for _, s := range plan.Services {
		got[s.Name] = s.Setup.Ready
		if loaded := len(s.Setup.Load.Stages) > 0; loaded != (s.Name == "line" || s.Name == "gated-recovery") {
			t.Errorf("%s: load %+v, expected one where a port may speak HTTP", s.Name, s.Setup.Load)
		}
		if s.Setup.Recover != (s.Name == "rpc" || s.Name == "gated-recovery") || s.Setup.StopUnderLoad != (s.Name == "line") {
			t.Errorf("%s: recover %v, stop_under_load %v", s.Name, s.Setup.Recover, s.Setup.StopUnderLoad)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
