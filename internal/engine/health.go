package engine

import (
	"time"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
)

// Health is the check an image brings. Zero values leave the engine's defaults.
type Health struct {
	Test        []string // CMD or CMD-SHELL first; empty for none
	Interval    time.Duration
	Timeout     time.Duration
	StartPeriod time.Duration
	Retries     int
}

// healthOf reads an image's configuration.
func healthOf(config *dockerspec.HealthcheckConfig) Health {
	if config == nil || len(config.Test) == 0 || config.Test[0] == "NONE" {
		return Health{}
	}
	return Health{Test: config.Test, Interval: config.Interval, Timeout: config.Timeout,
		StartPeriod: config.StartPeriod, Retries: config.Retries}
}
