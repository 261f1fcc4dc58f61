package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// Whatever the bytes, Load does not panic, and what it refuses it places.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.yml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal("no seeds", err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		plan, err := config.Load("plimsoll.yml", src)
		if err == nil {
			checkPlan(t, plan)
			return
		}
		var all config.Errors
		if !errors.As(err, &all) || len(all) == 0 {
			t.Fatalf("not config.Errors: %v", err)
		}
		lines := strings.Count(string(src), "\n") + 1
		for _, e := range all {
			if e.Line < 1 || e.Line > lines || e.Column < 1 || e.Message == "" {
				t.Errorf("no position in %d lines: %+v", lines, e)
			}
		}
		if text := err.Error(); strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
			t.Errorf("control characters in the message: %q", text)
		}
	})
}

// checkPlan is what every later stage relies on.
func checkPlan(t *testing.T, plan config.Plan) {
	t.Helper()
	if len(plan.Services) == 0 {
		t.Error("a plan without services")
	}
	seen := map[string]bool{}
	for _, s := range plan.Services {
		if s.Image == "" || s.Name == "" || seen[s.Name] {
			t.Errorf("service without image or name of its own: %+v", s)
		}
		seen[s.Name] = true
		checkBudgets(t, s)
	}
	checkCost(t, plan.Cost)
}

func checkBudgets(t *testing.T, s config.Service) {
	t.Helper()
	for id, b := range s.Budgets {
		if b.Max == nil && b.Grow == nil || b.Floor < 0 || b.Grow != nil && *b.Grow < 0 || s.Lines[id] < 1 {
			t.Errorf("budget of %s: %+v in line %d", id, b, s.Lines[id])
		}
	}
}

func checkCost(t *testing.T, c config.Cost) {
	t.Helper()
	if !(c.Traffic.Average > 0 && c.Traffic.Peak >= c.Traffic.Average && c.Traffic.PeakHours > 0 && c.Traffic.PeakHours <= 24) ||
		c.Replicas.Min < 1 || c.Replicas.Max < c.Replicas.Min || !(c.Replicas.TargetCPU > 0 && c.Replicas.TargetCPU <= 1) {
		t.Errorf("cost: %+v", c)
	}
}
