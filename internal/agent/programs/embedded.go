//go:build release

package programs

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
)

// What scripts/build packs. The linker leaves out what no function in use names.
var (
	//go:embed bin/linux-amd64.tar.zst
	amd64 string
	//go:embed bin/linux-arm64.tar.zst
	arm64 string
)

// carried are the packed programs by architecture.
var carried = map[string]string{own: ours()}

// CarryAll has this build carry the programs for engines of every architecture,
// not only for one of its own, as a DOCKER_HOST elsewhere may need them.
func CarryAll() { carried = map[string]string{"amd64": amd64, "arm64": arm64} }

// For gives the programs for an architecture in Go's naming.
func For(_ context.Context, arch string, _ func(string) string) (engine.Programs, error) {
	packed, ok := carried[arch]
	if !ok {
		return engine.Programs{}, fmt.Errorf("this build carries no agent for linux/%s, which the container engine runs on; "+
			"it is for engines on linux/%s: use the program plimsoll, which carries both, or an engine on this machine", arch, own)
	}
	all, err := unpack(packed)
	if err != nil {
		return engine.Programs{}, fmt.Errorf("unpack the agent for linux/%s: %w", arch, err)
	}
	return all, nil
}
