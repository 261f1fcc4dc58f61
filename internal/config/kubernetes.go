package config

import (
	"cmp"
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// FromKubernetes names the manifest that a service is deployed with.
type FromKubernetes struct {
	Files     []string // relative to the configuration's directory; none where there is no manifest
	Name      string   // of the workload; "" for the only one
	Container string   // "" for the only one, or the pod's default

	OwnReady bool // the configuration itself says when the service is ready
	OwnLoad  bool // and what is asked of it
}

// Manifest is what a Kubernetes manifest says of how a container is run. What is
// zero it does not say.
type Manifest struct {
	Limits  record.Limits
	Ready   record.Ready
	Command []string // in the place of the image's entrypoint and command
	Args    []string // behind the image's entrypoint
	Env     map[string]string
	User    string
}

func (d *decoder) kubernetes(n *yaml.Node, k *FromKubernetes) {
	n = target(n)
	if n.Kind != yaml.MappingNode {
		k.Files = d.oneOrMore(n, paths)
		return
	}
	present := d.mapping(n, `a manifest, its path or a mapping with "file"`,
		field{name: "file", read: func(v *yaml.Node) { k.Files = d.oneOrMore(v, paths) }},
		field{name: "name", read: value(d, &k.Name, names)},
		field{name: "container", read: value(d, &k.Container, names)},
	)
	if present["file"] == nil {
		d.failf(n, `the manifest has no file, expected a key such as "file: deploy.yaml"`)
	}
}

// settleKubernetes notes what the configuration says itself.
func (d *decoder) settleKubernetes(s *Service, present map[string]*yaml.Node) {
	at := present["kubernetes"]
	if at == nil {
		return
	}
	s.Kubernetes.OwnReady, s.Kubernetes.OwnLoad = present["ready"] != nil, present["load"] != nil
	if present["compose"] != nil {
		d.failf(target(at), `"kubernetes" stands beside "compose", and each says how the service is run; expected one of the two`)
	}
}

// WithManifest gives a service what its manifest says, where the configuration
// says nothing itself.
func (s *Service) WithManifest(m Manifest) {
	setup := &s.Setup
	setup.Limits.Memory = cmp.Or(setup.Limits.Memory, m.Limits.Memory)
	setup.Limits.CPUs = cmp.Or(setup.Limits.CPUs, m.Limits.CPUs)
	setup.User = cmp.Or(setup.User, m.User)
	if len(setup.Command) == 0 {
		setup.Command, s.Args = m.Command, m.Args
	}
	if !s.Kubernetes.OwnReady && m.Ready.Kind != "" {
		setup.Ready = m.Ready
		setup.Ready.Timeout = max(DefaultReadyTimeout, min(m.Ready.Timeout, maxTimeout))
		if !s.Kubernetes.OwnLoad {
			setup.Load = record.Load{}
		}
		completeLoad(setup, s.Kubernetes.OwnLoad)
	}
	env := maps.Clone(m.Env)
	if env == nil {
		env = map[string]string{}
	}
	maps.Copy(env, s.Env)
	s.Env, setup.Environment = env, slices.Sorted(maps.Keys(env))
}
