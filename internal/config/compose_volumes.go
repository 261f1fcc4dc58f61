package config

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

const hostPath = "is refused: a path of the host is kept from what a pull request built, and would not be fresh for every boot; " +
	"copy the files into an image, or use a named volume"

// volumesOf reads the mounts of a service.
func (c *composeFile) volumesOf(s *Container, n *yaml.Node) {
	for _, item := range c.sequence(n, "a list of volumes") {
		if target(item).Kind == yaml.MappingNode {
			c.longVolume(s, target(item))
		} else if text, ok := c.scalar(item, "a volume such as data:/var/lib/data"); ok {
			c.shortVolume(s, target(item), text)
		}
	}
}

// shortVolume reads TARGET or SOURCE:TARGET[:OPTIONS].
func (c *composeFile) shortVolume(s *Container, n *yaml.Node, text string) {
	parts := strings.Split(text, ":")
	if isHostPath(parts[0]) && len(parts) > 1 || len(parts) > 2 && len(parts[0]) == 1 && strings.ContainsAny(parts[1][:min(1, len(parts[1]))], `\/`) {
		c.failf(n, "service %s: the volume %s %s", s.Name, shown(text), hostPath)
		return
	}
	var v Volume
	switch len(parts) {
	case 1:
		v.Target = parts[0]
	case 2, 3:
		v.Name, v.Target = parts[0], parts[1]
	default:
		c.failf(n, "service %s: expected a volume such as data:/var/lib/data, found %s", s.Name, shown(text))
		return
	}
	if len(parts) == 3 {
		for option := range strings.SplitSeq(parts[2], ",") {
			v.ReadOnly = v.ReadOnly || option == "ro"
			v.NoCopy = v.NoCopy || option == "nocopy"
		}
	}
	c.addVolume(s, n, v)
}

// isHostPath reports whether the source of a short volume is a path.
func isHostPath(source string) bool {
	return strings.HasPrefix(source, "/") || strings.HasPrefix(source, ".") || strings.HasPrefix(source, "~")
}

// longVolume reads a mapping with type, source and target.
func (c *composeFile) longVolume(s *Container, n *yaml.Node) {
	var v Volume
	var kind, source, size string
	text := func(dst *string) func(*yaml.Node) { return value(c.decoder, dst, anyText) }
	c.mapping(n, "a volume such as {type: volume, source: data, target: /var/lib/data}",
		field{name: "type", read: text(&kind)},
		field{name: "source", read: text(&source)},
		field{name: "target", read: text(&v.Target)},
		field{name: "read_only", read: value(c.decoder, &v.ReadOnly, booleans)},
		field{name: "consistency", read: func(*yaml.Node) {}},
		field{name: "bind", read: func(*yaml.Node) {}},
		field{name: "volume", read: func(o *yaml.Node) {
			c.mapping(o, "options of a volume",
				field{name: "nocopy", read: value(c.decoder, &v.NoCopy, booleans)},
				field{name: "labels", read: func(*yaml.Node) {}},
				field{name: "subpath", instead: ": the whole volume is mounted"})
		}},
		field{name: "tmpfs", read: func(o *yaml.Node) {
			c.mapping(o, "options of a tmpfs", field{name: "size", read: text(&size)}, field{name: "mode", read: func(*yaml.Node) {}})
		}},
	)
	switch kind {
	case "volume":
		v.Name = source
		c.addVolume(s, n, v)
	case "tmpfs":
		if mount, err := mounts.read(v.Target); err != nil {
			c.failf(n, "service %s: %v", s.Name, err)
		} else if size != "" {
			s.Tmpfs = append(s.Tmpfs, mount+":size="+size)
		} else {
			s.Tmpfs = append(s.Tmpfs, mount)
		}
	case "bind", "npipe", "cluster":
		c.failf(n, "service %s: the %s mount of %s %s", s.Name, kind, shown(source), hostPath)
	default:
		c.failf(n, "service %s: volumes of type %s are refused, expected volume or tmpfs", s.Name, shown(kind))
	}
}

// addVolume checks a mount, and what the file says of its volume.
func (c *composeFile) addVolume(s *Container, n *yaml.Node, v Volume) {
	directory, err := directories.read(v.Target)
	if err != nil {
		c.failf(n, "service %s: %v", s.Name, err)
		return
	}
	v.Target = directory
	if v.Name != "" {
		if _, err := volumeNames.read(v.Name); err != nil {
			c.failf(n, "service %s: %v", s.Name, err)
			return
		}
		c.volume(s, n, v.Name)
	}
	s.Volumes = append(s.Volumes, v)
}

// volume checks a named volume where it is declared.
func (c *composeFile) volume(s *Container, n *yaml.Node, name string) {
	e, declared := c.volumes[name]
	if !declared {
		c.failf(n, "service %s: the volume %s is not declared below \"volumes\"", s.Name, shown(name))
		return
	}
	if target(e.value).Tag == "!!null" {
		return
	}
	entries, _ := c.entries(e.value, "a volume, a mapping")
	for _, setting := range entries {
		text := target(setting.value).Value
		switch key := setting.key.Value; {
		case key == "external" && text != "false" && target(setting.value).Tag != "!!null":
			c.failf(setting.key, "volume %s: external is refused: every boot gets a fresh volume, and the machine's own are not touched", name)
		case key == "driver" && text != "local" && text != "":
			c.failf(setting.key, "volume %s: the driver %s is refused, expected local: it may lead to the host or elsewhere", name, shown(text))
		case key == "driver_opts" && len(target(setting.value).Content) > 0:
			c.failf(setting.key, "volume %s: driver_opts are refused: they can mount a path of the host", name)
		}
	}
}
