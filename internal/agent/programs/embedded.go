//go:build release

package programs

import (
	"context"
	"embed"
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
)

//go:embed bin
var bin embed.FS

// For gives the programs for an architecture in Go's naming.
func For(_ context.Context, arch string, _ func(string) string) (engine.Programs, error) {
	agent, err := bin.ReadFile("bin/agent-linux-" + arch)
	if err != nil {
		return engine.Programs{}, fmt.Errorf("this build carries no agent for linux/%s: %w", arch, err)
	}
	launcher, err := bin.ReadFile("bin/launch-linux-" + arch)
	if err != nil {
		return engine.Programs{}, fmt.Errorf("this build carries no launcher for linux/%s: %w", arch, err)
	}
	return engine.Programs{Agent: agent, Launcher: launcher}, nil
}
