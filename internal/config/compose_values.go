package config

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The notations of compose files, where they differ from ours.
var (
	// ram is in units of 1024, whatever their spelling: "compose-spec, Specifying byte values".
	ram          = notation[record.Bytes]{"a size such as 64m or 1gb", parseRAM}
	composeTimes = notation[time.Duration]{"a time such as 10s or 1m30s", parseComposeTime}
	directories  = notation[string]{"an absolute path in the container", parseDirectory}
	hostnames    = notation[string]{"a host name of letters, digits and dashes", parseHostname}
	signals      = notation[string]{"a signal such as SIGTERM", parseSignal}
	volumeNames  = notation[string]{"the name of a volume", parseVolumeName}
)

var ramShape = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) *([a-zA-Z]*)$`)

func parseRAM(s string) (record.Bytes, error) {
	parts := ramShape.FindStringSubmatch(s)
	if parts == nil {
		return 0, errors.New("it is no number with a unit")
	}
	shift, known := map[string]int{"": 0, "b": 0, "k": 10, "kb": 10, "m": 20, "mb": 20, "g": 30, "gb": 30}[strings.ToLower(parts[2])]
	if !known {
		return 0, unknownUnit(parts[2], []string{"b", "k", "m", "g", "kb", "mb", "gb"})
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	bytes := number * math.Exp2(float64(shift))
	if err != nil || bytes > 1<<50 {
		return 0, errors.New("it is too large")
	}
	return record.Bytes(bytes), nil
}

// maxComposeTime keeps a typing error from becoming a wait for a day.
const maxComposeTime = time.Hour

func parseComposeTime(s string) (time.Duration, error) {
	if s == "0" {
		return 0, nil
	}
	t, err := time.ParseDuration(strings.ReplaceAll(s, " ", ""))
	switch {
	case err != nil:
		return 0, errors.New("it is no number with a unit of ms, s, m or h")
	case t < 0 || t > maxComposeTime:
		return 0, errors.New("it must be from 0s to 1h")
	}
	return t, nil
}

func parseDirectory(s string) (string, error) {
	if !path.IsAbs(s) || hasControl(s) {
		return "", errors.New("it must start with a slash")
	}
	return path.Clean(s), nil
}

var hostnameShape = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9_])?$`)

func parseHostname(s string) (string, error) {
	if !hostnameShape.MatchString(s) {
		return "", errors.New("no host is called that")
	}
	return s, nil
}

var signalShape = regexp.MustCompile(`^([A-Z][A-Z0-9+-]{1,12}|[0-9]{1,2})$`)

func parseSignal(s string) (string, error) {
	if !signalShape.MatchString(s) {
		return "", errors.New("no signal is called that")
	}
	return s, nil
}

var volumeShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`)

func parseVolumeName(s string) (string, error) {
	if !volumeShape.MatchString(s) {
		return "", errors.New("it must be letters, digits, dots, dashes and underscores")
	}
	return s, nil
}

// image reads a dependency's image. That of the service under test is not used.
func (c *composeFile) image(s *Container, n *yaml.Node) {
	if s.Name != c.service {
		value(c.decoder, &s.Image, images)(n)
	}
}

// sequence is list for lists that may be empty.
func (c *composeFile) sequence(n *yaml.Node, what string) []*yaml.Node {
	if t := target(n); t.Kind == yaml.SequenceNode {
		return t.Content
	}
	return c.list(n, what)
}

// arguments reads a command: a list, or one line in the words of a shell. The
// result is empty, not nil, for an empty one, which takes the image's away.
func (c *composeFile) arguments(n *yaml.Node) []string {
	n = target(n)
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 || n.Kind == yaml.ScalarNode && n.Value == "" {
		return []string{}
	}
	return c.command(n)
}

// environment reads NAME: value, or a list of NAME=value. A name alone takes
// its value from the environment, and is left out where that has none.
func (c *composeFile) environment(s *Container, n *yaml.Node) {
	c.hide(n)
	n = target(n)
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			if text, ok := c.scalar(item, "a variable such as NAME=value"); ok {
				name, value, given := strings.Cut(text, "=")
				c.variable(s, target(item), name, value, given)
			}
		}
		return
	}
	entries, _ := c.entries(n, "variables, a mapping or a list of NAME=value")
	for _, e := range entries {
		v := target(e.value)
		if v.Kind != yaml.ScalarNode {
			c.failf(v, "service %s: the value of %s must be text, found %s", s.Name, shown(e.key.Value), describe(v))
			continue
		}
		c.variable(s, e.key, e.key.Value, v.Value, v.Tag != "!!null")
	}
}

func (c *composeFile) variable(s *Container, at *yaml.Node, name, value string, given bool) {
	if !variables.shape.MatchString(name) || !variables.valid(value) {
		c.failf(at, "service %s: expected a variable, a name and a value of text", s.Name)
		return
	}
	if !given {
		if value, given = c.lookup(name); !given {
			return
		}
	}
	s.Environment[name] = value
}

// hide keeps the lines of a node out of error messages.
func (c *composeFile) hide(n *yaml.Node) {
	n = target(n)
	c.text.hidden[n.Line] = true
	for _, child := range n.Content {
		if child.Kind != yaml.AliasNode {
			c.hide(child)
		}
	}
}

// envFiles reads a path, or a list of paths or of {path, required}.
func (c *composeFile) envFiles(s *Container, n *yaml.Node) {
	items := []*yaml.Node{n}
	if target(n).Kind == yaml.SequenceNode {
		items = target(n).Content
	}
	for _, item := range items {
		file, required := ComposeEnvFile{}, true
		if target(item).Kind == yaml.MappingNode {
			c.mapping(item, "an env_file such as {path: app.env, required: false}",
				field{name: "path", read: value(c.decoder, &file.Path, paths)},
				field{name: "required", read: value(c.decoder, &required, booleans)},
				field{name: "format", instead: `; expected lines of NAME=value`},
			)
		} else {
			value(c.decoder, &file.Path, paths)(item)
		}
		file.Optional = !required
		s.EnvFiles = append(s.EnvFiles, file)
	}
}

// pairsOrList reads a mapping of names to values, or a list of NAME<sep>VALUE.
func (c *composeFile) pairsOrList(n *yaml.Node, what, separator string) map[string]string {
	all := map[string]string{}
	if t := target(n); t.Kind == yaml.SequenceNode {
		for _, item := range t.Content {
			text, ok := c.scalar(item, what)
			name, value, cut := strings.Cut(text, separator)
			if ok && !cut {
				c.failf(target(item), "expected NAME%sVALUE, found %s", separator, shown(text))
				continue
			}
			all[name] = value
		}
		return all
	}
	entries, _ := c.entries(n, "a mapping or list of "+what)
	for _, e := range entries {
		if text, ok := c.scalar(e.value, "a value"); ok {
			all[e.key.Value] = text
		}
	}
	return all
}

// sysctls reads kernel parameters. Those of the service under test are set where
// its network is, which is not where its other namespaces are.
func (c *composeFile) sysctls(s *Container, n *yaml.Node) {
	s.Sysctls = c.pairsOrList(n, "kernel parameters", "=")
	for name := range s.Sysctls {
		if s.Name == c.service && !strings.HasPrefix(name, "net.") {
			c.failf(target(n), "service %s: the kernel parameter %s is refused, expected one that starts with net.", s.Name, shown(name))
		}
	}
}

// extraHosts reads names and addresses. An address is needed: host-gateway
// would lead to the host.
func (c *composeFile) extraHosts(s *Container, n *yaml.Node) {
	add := func(at *yaml.Node, name, address string) {
		address = strings.Trim(address, "[]")
		switch _, err := netip.ParseAddr(address); {
		case address == "host-gateway":
			c.failf(at, "service %s: extra_hosts %s: host-gateway is refused: the host cannot be reached from here", s.Name, shown(name))
		case err != nil || !hostnameShape.MatchString(name):
			c.failf(at, "service %s: expected a host such as \"name=10.0.0.1\"", s.Name)
		default:
			s.ExtraHosts = append(s.ExtraHosts, name+":"+address)
		}
	}
	if t := target(n); t.Kind == yaml.SequenceNode {
		for _, item := range t.Content {
			text, _ := c.scalar(item, "a host such as name=10.0.0.1")
			name, address, ok := strings.Cut(text, "=")
			if !ok {
				name, address, _ = strings.Cut(text, ":")
			}
			add(target(item), name, address)
		}
		return
	}
	entries, _ := c.entries(n, "a mapping or list of hosts and addresses")
	for _, e := range entries {
		addresses := []*yaml.Node{e.value}
		if target(e.value).Kind == yaml.SequenceNode {
			addresses = target(e.value).Content
		}
		for _, item := range addresses {
			if text, ok := c.scalar(item, "an address"); ok {
				add(target(item), e.key.Value, text)
			}
		}
	}
}

// ulimits reads NAME: N, or NAME: {soft: N, hard: N}.
func (c *composeFile) ulimits(s *Container, n *yaml.Node) {
	entries, _ := c.entries(n, "a mapping of limits such as nofile: 1024")
	for _, e := range entries {
		u := Ulimit{Name: e.key.Value}
		if target(e.value).Kind == yaml.MappingNode {
			c.mapping(e.value, "a limit such as {soft: 1024, hard: 4096}",
				field{name: "soft", read: value(c.decoder, &u.Soft, counts)},
				field{name: "hard", read: value(c.decoder, &u.Hard, counts)})
		} else {
			value(c.decoder, &u.Soft, counts)(e.value)
			u.Hard = u.Soft
		}
		s.Ulimits = append(s.Ulimits, u)
	}
}

// counts are limits; -1 is none.
var counts = notation[int64]{"a whole number, or -1 for no limit", func(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < -1 {
		return 0, fmt.Errorf("it is no such number")
	}
	return n, nil
}}
