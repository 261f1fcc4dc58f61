package engine

import (
	"context"
	"fmt"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Pin puts the agent, which runs, and the app, which has not started yet, on CPUs
// of their own. Later pods of a run are made so at once, by [PodSpec].
func (p *Pod) Pin(ctx context.Context, to record.Pinned) error {
	for id, cpus := range map[string]string{p.agent: to.Agent, p.App: to.App} {
		options := client.ContainerUpdateOptions{Resources: &container.Resources{CpusetCpus: cpus}}
		if _, err := p.client.api.ContainerUpdate(ctx, id, options); err != nil {
			return fmt.Errorf("pin a container to the CPUs %s: %w", cpus, err)
		}
	}
	return nil
}
