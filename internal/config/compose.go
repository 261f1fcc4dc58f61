package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Compose is what a compose file says of one service and of what it depends on.
type Compose struct {
	Service      Container   // the service that the image under test takes the place of
	Dependencies []Container // in the order to start them
	Notes        []string    // what the file says that is not followed
}

// Container is one service of a compose file. What it leaves out is the image's
// own: a nil Command is not the same as an empty one.
type Container struct {
	Name        string
	Image       string
	Environment map[string]string
	EnvFiles    []ComposeEnvFile
	Entrypoint  []string
	Command     []string
	User        string
	Directory   string // the working directory
	Hostname    string
	Aliases     []string // names beside Name under which the others reach it, sorted
	ExtraHosts  []string // name:address
	Volumes     []Volume
	Tmpfs       []string // PATH[:OPTIONS]
	ReadOnly    bool
	Shm         record.Bytes // of /dev/shm; 0 is the engine's default
	Limits      record.Limits
	Ulimits     []Ulimit
	Sysctls     map[string]string
	Groups      []string
	StopSignal  string
	StopTimeout record.Seconds // 0 where the file does not say
	Init        bool
	DropAll     bool // cap_drop: [ALL]
	Drop        []string
	Add         []string // of the engine's default set, after DropAll
	Health      *Health  // nil: the image's
	Needs       []Need
}

// ComposeEnvFile is a file of variables, relative to the compose file.
type ComposeEnvFile struct {
	Path     string
	Optional bool
}

// Volume is a mount of fresh storage.
type Volume struct {
	Name     string // "" for one that nobody shares
	Target   string
	ReadOnly bool
	NoCopy   bool
}

// Ulimit is one resource limit of a container's processes.
type Ulimit struct {
	Name       string
	Soft, Hard int64
}

// Health is a health check. Zero durations and retries are the image's, else
// the engine's defaults.
type Health struct {
	Disable     bool
	Test        []string // CMD or CMD-SHELL first; nil is the image's
	Interval    time.Duration
	Timeout     time.Duration
	StartPeriod time.Duration
	Retries     int
}

// Condition is what a dependency must have come to.
type Condition string

// The conditions of depends_on.
const (
	Started   Condition = "service_started"
	Healthy   Condition = "service_healthy"
	Completed Condition = "service_completed_successfully"
)

// Need is one entry of depends_on.
type Need struct {
	Service   string
	Condition Condition
	Optional  bool // required: false
}

// Reset is what is run before every boot where dependencies are kept.
type Reset struct {
	Service string // the dependency in which it runs
	Command []string
}

// ParseCompose reads what a compose file says of a service and its
// dependencies. Lookup gives the variables that the file's ${...} and its
// valueless entries of `environment` name. An error is always an [Errors] with
// everything that is wrong with the services that are needed.
func ParseCompose(name string, src []byte, service string, lookup func(string) (string, bool)) (Compose, error) {
	c := &composeFile{
		decoder:  &decoder{faults: faults{file: name, text: newSource(src), seen: map[Error]bool{}}},
		service:  service,
		lookup:   lookup,
		unset:    map[string]bool{},
		services: map[string]entry{},
		volumes:  map[string]entry{},
		read:     map[string]*Container{},
	}
	var found Compose
	if root := c.parse(src); root != nil {
		found = c.file(root)
	}
	if err := c.sorted(); err != nil {
		return Compose{}, err
	}
	return found, nil
}

// composeFile reads one compose file.
type composeFile struct {
	*decoder
	service  string
	lookup   func(string) (string, bool)
	unset    map[string]bool // variables that are not set and have no default
	services map[string]entry
	volumes  map[string]entry
	read     map[string]*Container
	notes    []string
}

func (c *composeFile) file(root *yaml.Node) Compose {
	if root.Kind != yaml.MappingNode {
		c.failf(root, `expected a compose file, a mapping with "services", found %s`, describe(root))
		return Compose{}
	}
	c.interpolate(root, map[*yaml.Node]bool{})
	var services *yaml.Node
	entries, _ := c.entries(root, "a compose file")
	for _, e := range entries {
		switch key := e.key.Value; {
		case key == "services":
			services = e.value
		case key == "volumes":
			c.table(e.value, "volumes", c.volumes)
		case key == "include":
			c.failf(e.key, `"include" is not followed: write the services into one file, as "docker compose config" does`)
		case ignoredTop[key], strings.HasPrefix(key, "x-"):
		default:
			c.failf(e.key, "unknown key %s, expected one of \"services\", \"volumes\", \"networks\"%s", shown(key), didYouMean(key, []string{"services", "volumes", "networks"}))
		}
	}
	if services == nil {
		c.failf(root, `the file has no "services"`)
		return Compose{}
	}
	c.table(services, "services", c.services)
	return c.gather(services)
}

// ignoredTop are the keys of a compose file that change nothing here.
var ignoredTop = map[string]bool{"version": true, "name": true, "networks": true, "secrets": true, "configs": true, "models": true}

// table reads the names of a mapping of named things.
func (c *composeFile) table(n *yaml.Node, what string, into map[string]entry) {
	if target(n).Tag == "!!null" {
		return
	}
	entries, _ := c.entries(n, "a mapping of "+what)
	for _, e := range entries {
		if !strings.HasPrefix(e.key.Value, "x-") {
			into[e.key.Value] = e
		}
	}
}

// gather reads the service and what it needs, in the order to start it.
func (c *composeFile) gather(services *yaml.Node) Compose {
	if _, there := c.services[c.service]; !there {
		names := slices.Sorted(maps.Keys(c.services))
		c.failf(target(services), "there is no service %s here, expected one of %s%s", shown(c.service), quoted(names), didYouMean(c.service, names))
		return Compose{}
	}
	under := c.container(c.service)
	if len(under.Needs) == 0 {
		c.needAll(under)
	}
	for _, s := range c.read {
		slices.Sort(s.Aliases) // a link adds to a service that was read before
		s.Aliases = slices.Compact(s.Aliases)
	}
	found := Compose{Service: *under}
	for _, name := range c.order() {
		found.Dependencies = append(found.Dependencies, *c.read[name])
	}
	for _, name := range slices.Sorted(maps.Keys(c.unset)) {
		c.note("the variable %s is not set: it was read as empty", name)
	}
	found.Notes = c.notes
	return found
}
