package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Stored is what the app has put into its writable layer. The engine adds up all
// its files for that, which can take long.
func (p *Pod) Stored(ctx context.Context) (record.Bytes, error) {
	found, err := p.client.api.ContainerInspect(ctx, p.App, client.ContainerInspectOptions{Size: true})
	if err != nil {
		return 0, fmt.Errorf("ask for the size of the app's layer: %w", err)
	}
	if found.Container.SizeRw == nil {
		return 0, errors.New("ask for the size of the app's layer: the engine gave none")
	}
	return record.Bytes(*found.Container.SizeRw), nil
}
