package config

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// refusedKeys are the keys of a compose service that cannot be followed, and
// why. A service that was measured without them would be another one.
var refusedKeys = map[string]string{
	"extends":             `is not followed: write the service out, as "docker compose config" does`,
	"provider":            "is refused: only services of an image are started",
	"devices":             "is refused: the host's devices are kept from what a pull request built",
	"device_cgroup_rules": "is refused: the host's devices are kept from what a pull request built",
	"gpus":                "is refused: the host's devices are kept from what a pull request built",
	"volumes_from":        "is refused: only named volumes, fresh for every boot, are shared; name one in both services",
	"secrets":             "is refused: it mounts a file of the host; give the value as a variable of the environment",
	"configs":             "is refused: it mounts a file of the host; put the file into the image, or give a variable",
	"external_links":      "is refused: nothing outside of this file can be reached",
	"cgroup_parent":       "is refused: CPU and memory are read from the container's own cgroup",
	"cgroup":              "is refused: CPU and memory are read from the container's own cgroup",
	"credential_spec":     "is refused: it is for Windows",
	"runtime":             "is refused: the engine's own runtime is what is measured",
	"uts":                 "is refused: the host's namespaces are kept from what a pull request built",
	"use_api_socket":      "is refused: the engine is kept from what a pull request built",
	"post_start":          "is not run: do it in the image's entrypoint, or in a service that others wait for with service_completed_successfully",
	"pre_stop":            "is not run",
	"pre_start":           "is not run: do it in a service that others wait for with service_completed_successfully",
	"storage_opt":         "is refused: what the engine stores is bounded by limits.disk",
}

// ignoredKeys change nothing that is measured here: the names, publishing and
// supervision of a deployment.
var ignoredKeys = map[string]bool{
	"annotations": true, "attach": true, "build": true, "deploy": true, "develop": true, "dns": true, "dns_opt": true,
	"dns_search": true, "domainname": true, "expose": true, "isolation": true, "label_file": true, "labels": true,
	"logging": true, "mac_address": true, "mem_reservation": true, "mem_swappiness": true, "memswap_limit": true,
	"models": true, "oom_kill_disable": true, "oom_score_adj": true, "platform": true, "profiles": true,
	"pull_policy": true, "pull_refresh_after": true, "restart": true, "scale": true, "stdin_open": true, "tty": true,
	"blkio_config": true, "cpu_count": true, "cpu_percent": true, "cpu_period": true, "cpu_quota": true,
	"cpu_rt_period": true, "cpu_rt_runtime": true, "cpu_shares": true, "cpuset": true, "pids_limit": true,
}

// container reads a service, once.
func (c *composeFile) container(name string) *Container {
	if found := c.read[name]; found != nil {
		return found
	}
	e := c.services[name]
	s := &Container{Name: name, Environment: map[string]string{}}
	c.read[name] = s
	entries, ok := c.entries(e.value, "a service, a mapping")
	if !ok {
		return s
	}
	keys := c.keys(s)
	has := map[string]*yaml.Node{}
	for _, e := range entries {
		has[e.key.Value] = e.key
		c.key(s, e, keys)
	}
	c.checkService(s, e.key, has)
	return s
}

// key reads one key of a service.
func (c *composeFile) key(s *Container, e entry, keys map[string]func(*yaml.Node)) {
	key := e.key.Value
	read, known := keys[key]
	why, refused := refusedKeys[key]
	switch {
	case target(e.value).Tag == "!!null", ignoredKeys[key], strings.HasPrefix(key, "x-"):
	case refused:
		c.failf(e.key, "service %s: %q %s", s.Name, key, why)
	case known:
		read(e.value)
	default:
		var names []string
		for name := range keys {
			names = append(names, name)
		}
		slices.Sort(names)
		c.failf(e.key, "service %s: unknown key %s%s", s.Name, shown(key), didYouMean(key, names))
	}
}

// keys are the keys of a service that are followed.
func (c *composeFile) keys(s *Container) map[string]func(*yaml.Node) {
	d := c.decoder
	keys := map[string]func(*yaml.Node){
		"image":       func(n *yaml.Node) { c.image(s, n) },
		"environment": func(n *yaml.Node) { c.environment(s, n) },
		"env_file":    func(n *yaml.Node) { c.envFiles(s, n) },
		"entrypoint":  func(n *yaml.Node) { s.Entrypoint = c.arguments(n) },
		"command":     func(n *yaml.Node) { s.Command = c.arguments(n) },
		"user":        value(d, &s.User, users),
		"working_dir": value(d, &s.Directory, directories),
		"volumes":     func(n *yaml.Node) { c.volumesOf(s, n) },
		"tmpfs":       func(n *yaml.Node) { s.Tmpfs = append(s.Tmpfs, d.oneOrMore(n, mounts)...) },
		"healthcheck": func(n *yaml.Node) { c.health(s, n) },
		"depends_on":  func(n *yaml.Node) { c.dependsOn(s, n) },
		"read_only":   value(d, &s.ReadOnly, booleans),
		"init":        value(d, &s.Init, booleans),
		"stop_signal": value(d, &s.StopSignal, signals),
		"stop_grace_period": value(d, &s.StopTimeout,
			notation[record.Seconds]{composeTimes.want, func(text string) (record.Seconds, error) {
				t, err := parseComposeTime(text)
				return record.SecondsOf(t), err
			}}),
		"shm_size":  value(d, &s.Shm, ram),
		"mem_limit": value(d, &s.Limits.Memory, ram.check(atLeast[record.Bytes](minimumMemory, "6m, the engine's minimum"))),
		"cpus":      value(d, &s.Limits.CPUs, cpus.check(atMost(1024.0, "1024"))),
		"ulimits":   func(n *yaml.Node) { c.ulimits(s, n) },
		"sysctls":   func(n *yaml.Node) { c.sysctls(s, n) },
		"group_add": func(n *yaml.Node) { s.Groups = d.oneOrMore(n, users) },
	}
	for key, read := range c.networkKeys(s) {
		keys[key] = read
	}
	for key, read := range c.privilegeKeys(s) {
		keys[key] = read
	}
	return keys
}

// networkKeys are the keys that say how a service is reached. All services
// share one network, which nothing leaves.
func (c *composeFile) networkKeys(s *Container) map[string]func(*yaml.Node) {
	return map[string]func(*yaml.Node){
		"hostname":       value(c.decoder, &s.Hostname, hostnames),
		"container_name": func(n *yaml.Node) { c.alias(s, n) },
		"networks":       func(n *yaml.Node) { c.networks(s, n) },
		"network_mode":   func(n *yaml.Node) { c.networkMode(s, n) },
		"extra_hosts":    func(n *yaml.Node) { c.extraHosts(s, n) },
		"links":          func(n *yaml.Node) { c.links(s, n) },
		"ports": func(*yaml.Node) {
			c.note("service %s: the ports are not published on the host: the others reach all of them", s.Name)
		},
	}
}

// privilegeKeys are the keys that could open the host to a service.
func (c *composeFile) privilegeKeys(s *Container) map[string]func(*yaml.Node) {
	own := func(key string, allowed ...string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			if text, ok := c.scalar(n, "text"); ok && !slices.Contains(allowed, text) {
				c.failf(target(n), "service %s: %s: %s is refused: the namespaces of the host and of others are kept from what a pull request built", s.Name, key, shown(text))
			}
		}
	}
	return map[string]func(*yaml.Node){
		"privileged": func(n *yaml.Node) {
			var on bool
			if value(c.decoder, &on, booleans)(n); on {
				c.failf(target(n), "service %s: privileged is refused: it would be root on the host", s.Name)
			}
		},
		"pid":         own("pid"),
		"ipc":         own("ipc", "private", "none", "shareable"),
		"userns_mode": own("userns_mode"),
		"cap_add":     func(n *yaml.Node) { c.capAdd(s, n) },
		"cap_drop":    func(n *yaml.Node) { c.capDrop(s, n) },
		"security_opt": func(n *yaml.Node) {
			for _, item := range c.sequence(n, "a list of options") {
				if text, ok := c.scalar(item, "an option"); ok && !strings.HasPrefix(text, "no-new-privileges") {
					c.failf(target(item), "service %s: security_opt %s is refused: the engine's own profiles stay in force", s.Name, shown(text))
				}
			}
		},
	}
}

// defaultCapabilities is what the engine gives a container, less what is taken
// from all that is started here.
var defaultCapabilities = []string{"CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL"}

func (c *composeFile) capAdd(s *Container, n *yaml.Node) {
	for _, item := range c.sequence(n, "a list of capabilities") {
		text, ok := c.scalar(item, "a capability")
		name := strings.TrimPrefix(strings.ToUpper(text), "CAP_")
		switch {
		case !ok:
		case slices.Contains(defaultCapabilities, name):
			s.Add = append(s.Add, name)
		default:
			c.failf(target(item), "service %s: cap_add %s is refused: what a pull request built gets at most the engine's default capabilities, less NET_RAW, MKNOD and AUDIT_WRITE", s.Name, shown(text))
		}
	}
}

func (c *composeFile) capDrop(s *Container, n *yaml.Node) {
	for _, item := range c.sequence(n, "a list of capabilities") {
		text, ok := c.scalar(item, "a capability")
		switch name := strings.TrimPrefix(strings.ToUpper(text), "CAP_"); {
		case !ok:
		case name == "ALL":
			s.DropAll = true
		default:
			s.Drop = append(s.Drop, name)
		}
	}
}

// checkService looks at what only the whole service tells.
func (c *composeFile) checkService(s *Container, key *yaml.Node, has map[string]*yaml.Node) {
	if s.Name == c.service {
		if has["healthcheck"] != nil {
			c.note("service %s: its health check is not used: `ready` says when the image under test is ready", s.Name)
		}
		return
	}
	switch {
	case has["image"] == nil && has["build"] != nil:
		c.failf(has["build"], "service %s: \"build\" is refused: build it in the workflow and name the image here (image: ...)", s.Name)
	case has["image"] == nil:
		c.failf(key, "service %s has no image, expected a key such as \"image: postgres:17\"", s.Name)
	case has["profiles"] != nil:
		c.failf(has["profiles"], "service %s has profiles, which nothing enables, but %s needs it: expected a dependency without", s.Name, c.service)
	}
}

func (c *composeFile) note(format string, args ...any) {
	if note := fmt.Sprintf(format, args...); !slices.Contains(c.notes, note) {
		c.notes = append(c.notes, note)
	}
}
