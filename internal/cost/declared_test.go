package cost

import (
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Requests are paid for, limits only bound: 0.1 of 0.5 cores, 128 of 256 MiB.
func TestRequestsAreApartFromLimits(t *testing.T) {
	e := estimate(t, config.Cost{}, Inputs{MemoryPeak: 100 * mib, Declared: Declared{
		Request: record.Limits{CPUs: 0.1, Memory: 128 * mib}, Limit: record.Limits{CPUs: 0.5, Memory: 256 * mib}, Min: 3, Max: 3,
	}})
	if e.Request != (record.Limits{CPUs: 0.1, Memory: 128 * mib}) || e.Limit != (record.Limits{CPUs: 0.5, Memory: 256 * mib}) || e.Replicas != 3 {
		t.Errorf("%v replicas of %+v, at most %+v", e.Replicas, e.Request, e.Limit)
	}
	unlimited := estimate(t, config.Cost{}, Inputs{MemoryPeak: 200 * mib, Declared: Declared{Request: record.Limits{Memory: 128 * mib}}})
	if unlimited.Limit.Memory != 0 || !hasNote(unlimited, "the memory request of 128 MiB is below the measured peak of 200 MiB") {
		t.Errorf("%+v, %q", unlimited.Limit, unlimited.Notes)
	}
}

func TestDeclaredAutoscaler(t *testing.T) {
	usual := config.Replicas{Min: 2, Max: 10, TargetCPU: 0.7}
	for _, c := range []struct {
		declared Declared
		want     config.Replicas
	}{
		{Declared{}, usual},
		{Declared{Min: 3, Max: 5, TargetCPU: 1.5}, config.Replicas{Min: 3, Max: 5, TargetCPU: 1.5}},
		{Declared{Min: 12}, config.Replicas{Min: 12, Max: 12, TargetCPU: 0.7}},
		{Declared{Max: 1}, config.Replicas{Min: 1, Max: 1, TargetCPU: 0.7}},
	} {
		if got := c.declared.over(usual); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.declared, got, c.want)
		}
	}
}

func TestDeclaredThatNoClusterTakes(t *testing.T) {
	for _, c := range []struct {
		declared Declared
		want     string
	}{
		{Declared{Request: record.Limits{CPUs: 1}, Limit: record.Limits{CPUs: 0.5}}, "CPU request of 1 cores is over the limit of 0.5"},
		{Declared{Request: record.Limits{Memory: 2 * mib}, Limit: record.Limits{Memory: mib}}, "memory request of 2 MiB is over the limit of 1 MiB"},
		{Declared{Min: 3, Max: 2}, "3 to 2 replicas are declared"},
		{Declared{TargetCPU: 101}, "a CPU target of 10100 % is declared"},
		{Declared{Min: -1}, "negative or not finite"},
	} {
		_, err := model(t, config.Cost{}).Estimate(Inputs{MemoryPeak: mib, Declared: c.declared})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.declared, err, c.want)
		}
	}
}
