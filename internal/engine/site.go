package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"
)

// Site is where pods with dependencies stand: a network that nothing leaves,
// fresh volumes, and the dependencies themselves. Whoever is in the network
// reaches the others by name, and neither the host nor anything behind it.
type Site struct {
	run     *Run
	network string
	volumes map[string]string // names in the user's file -> in the engine

	mu         sync.Mutex
	containers []string
}

// Joining is how a container stands in a site.
type Joining struct {
	Aliases    []string // the names under which it is reached
	Hostname   string   // "" leaves the engine's
	ExtraHosts []string // name:address
	Sysctls    map[string]string
}

// Mount is a volume of a site in a container.
type Mount struct {
	Volume   string // its name in the site, "" for one of the container's own
	Target   string
	ReadOnly bool
	NoCopy   bool // do not fill it from the image
}

// NewSite makes a network and the volumes. The caller closes the site on every
// way out.
func (r *Run) NewSite(ctx context.Context, volumes []string) (*Site, error) {
	id := r.ID + "-" + NewID()
	s := &Site{run: r, network: runVolume(id), volumes: map[string]string{}}
	for _, name := range volumes {
		s.volumes[name] = runVolume(id) + "-" + name
	}
	patient, cancel := finishing(ctx)
	defer cancel()
	err := s.make(patient)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(err, s.Close(patient))
	}
	return s, nil
}

func (s *Site) make(ctx context.Context) error {
	labels := runLabels(s.run.ID, time.Now())
	if _, err := s.run.client.api.NetworkCreate(ctx, s.network, s.run.client.networkOptions(labels)); err != nil {
		return fmt.Errorf("create the network of the dependencies: %w", err)
	}
	for name, volume := range s.volumes {
		if _, err := s.run.client.api.VolumeCreate(ctx, client.VolumeCreateOptions{Name: volume, Labels: labels}); err != nil {
			return fmt.Errorf("create the volume %s: %w", name, err)
		}
	}
	return nil
}

// networkOptions keep the host out of the network: an internal one still leads
// to whatever the host has on its end of the bridge, unless that end is given no
// address. Podman has no such option.
func (c *Client) networkOptions(labels map[string]string) client.NetworkCreateOptions {
	options := client.NetworkCreateOptions{Driver: "bridge", Internal: true, Labels: labels}
	if c.environment.Engine != podman {
		options.Options = map[string]string{"com.docker.network.bridge.inhibit_ipv4": "true"}
	}
	return options
}

// join puts a container into the site. Names that the engine's resolver does
// not know end there, and soon: it would ask the servers of the host for them,
// past all walls.
func (s *Site) join(options *client.ContainerCreateOptions, as Joining) {
	host := options.HostConfig
	host.NetworkMode = container.NetworkMode(s.network)
	host.DNS = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	host.DNSOptions = []string{"timeout:1", "attempts:1"}
	host.ExtraHosts = as.ExtraHosts
	if host.Sysctls == nil {
		host.Sysctls = map[string]string{}
	}
	maps.Copy(host.Sysctls, as.Sysctls) // beside the pod's own, which gives it ::1
	options.Config.Hostname = as.Hostname
	options.NetworkingConfig = &network.NetworkingConfig{
		EndpointsConfig: map[string]*network.EndpointSettings{s.network: {Aliases: as.Aliases}},
	}
}

// mounts gives the engine's words for volumes. Those without a name belong to
// their container and go with it.
func (s *Site) mounts(all []Mount) []mount.Mount {
	var found []mount.Mount
	for _, m := range all {
		options := &mount.VolumeOptions{NoCopy: m.NoCopy}
		if m.Volume == "" {
			options.Labels = runLabels(s.run.ID, time.Now())
		}
		found = append(found, mount.Mount{Type: mount.TypeVolume, Source: s.volumes[m.Volume], Target: m.Target,
			ReadOnly: m.ReadOnly, VolumeOptions: options})
	}
	return found
}

func (s *Site) add(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.containers = append(s.containers, id)
}

// Containers are the ids of the dependencies.
func (s *Site) Containers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.containers...)
}

// Close removes the dependencies, then the network and the volumes. The pods of
// the site are closed before.
func (s *Site) Close(ctx context.Context) error {
	var all errgroup.Group
	for _, id := range s.Containers() {
		all.Go(func() error {
			if err := s.run.client.discard(ctx, id); err != nil {
				return fmt.Errorf("a dependency: %w", err)
			}
			return nil
		})
	}
	failed := []error{all.Wait()}
	if _, err := s.run.client.api.NetworkRemove(ctx, s.network, client.NetworkRemoveOptions{}); err != nil && !gone(err) {
		failed = append(failed, fmt.Errorf("remove the network %s: %w", s.network, err))
	}
	for _, volume := range s.volumes {
		if _, err := s.run.client.api.VolumeRemove(ctx, volume, client.VolumeRemoveOptions{Force: true}); err != nil && !gone(err) {
			failed = append(failed, fmt.Errorf("remove the volume %s: %w", volume, err))
		}
	}
	return errors.Join(failed...)
}
