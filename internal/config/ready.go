package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// readyKinds are the probes a user can ask for; a later version has the rest.
const readyKinds = "http, tcp, grpc, log, exit or none"

// probeKeys are the keys that choose a probe, laterKinds those of a later version.
var (
	probeKeys  = []string{"http", "tcp", "grpc", "log", "exit"}
	laterKinds = []string{"healthcheck", "exec"}
)

// ready reads a probe: a word, or a mapping with the kind as one of its keys.
func (d *decoder) ready(n *yaml.Node, r *record.Ready) {
	n = target(n)
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		d.readyWord(n, r)
		return
	}
	is := func(kind record.ReadyKind, read func(*yaml.Node)) func(*yaml.Node) {
		return func(v *yaml.Node) { r.Kind = kind; read(v) }
	}
	fields := []field{
		{name: "http", read: is(record.ReadyHTTP, value(d, &r.Path, targets))},
		{name: "tcp", read: is(record.ReadyTCP, value(d, &r.Port, ports))},
		{name: "grpc", read: is(record.ReadyGRPC, value(d, &r.Service, grpcServices))},
		{name: "log", read: is(record.ReadyLog, value(d, &r.Log, logPatterns))},
		{name: "exit", read: is(record.ReadyExit, value(d, &r.Exit, exitCodes))},
		{name: "port", read: value(d, &r.Port, ports)},
		{name: "timeout", read: value(d, &r.Timeout, seconds.check(positive).check(atMost(maxTimeout, "1h")))},
	}
	for _, kind := range laterKinds {
		fields = append(fields, field{name: kind, instead: ", expected " + readyKinds})
	}
	present := d.mapping(n, `a probe such as {http: /health, port: 8080}, {tcp: 8080} or none`, fields...)
	d.oneProbe(n, present)
}

// oneProbe refuses a probe that is two, and a port where there can be none.
func (d *decoder) oneProbe(n *yaml.Node, present map[string]*yaml.Node) {
	kinds := slices.DeleteFunc(slices.Clone(probeKeys), func(kind string) bool { return present[kind] == nil })
	port := present["port"]
	switch {
	case len(kinds) > 1:
		d.failf(n, `%d probes, %s; expected one`, len(kinds), quoted(kinds))
	case present["tcp"] != nil && port != nil:
		d.failf(target(port), `"port" stands beside "tcp", which names the port already; expected one of the two`)
	case present["exit"] != nil && port != nil:
		d.failf(target(port), `"port" stands beside "exit", but nothing is asked of a job's port`)
	}
}

// readyWords are the probes that need nothing more.
var readyWords = map[string]record.ReadyKind{"none": record.ReadyNone, "exit": record.ReadyExit, "auto": record.ReadyAuto}

func (d *decoder) readyWord(n *yaml.Node, r *record.Ready) {
	if kind, ok := readyWords[n.Value]; ok {
		r.Kind = kind
		return
	}
	switch {
	case slices.Contains(probeKeys, n.Value):
		d.failf(n, "the probe %q needs a value, such as {http: /health} or {tcp: 8080}", n.Value)
	case slices.Contains(laterKinds, n.Value):
		d.failf(n, "the probe %q is not available in this version, expected %s", n.Value, readyKinds)
	default:
		known := slices.Concat(probeKeys, slices.Sorted(maps.Keys(readyWords)))
		d.failf(n, "unknown probe %s, expected %s%s", shown(n.Value), readyKinds, didYouMean(n.Value, known))
	}
}

var ports = notation[int]{"a port such as 8080", parseInt}.check(atLeast(1, "1")).check(atMost(65535, "65535"))

// exitCodes are what a process can end with.
var exitCodes = notation[int]{"an exit code such as 0", parseInt}.check(atLeast(0, "0")).check(atMost(255, "255"))

// grpcServices are the names a gRPC health check can ask for; the empty one
// stands for the server as a whole.
var grpcServices = notation[string]{`the name of a gRPC service such as "" or orders.v1.Orders`, func(s string) (string, error) {
	if !grpcName.MatchString(s) {
		return "", errors.New("it has characters that no service name has; the port belongs under \"port\"")
	}
	if isDigits(s) {
		return "", errors.New(`that is a number; the port belongs under "port", as in {grpc: "", port: 9000}`)
	}
	return s, nil
}}

var grpcName = regexp.MustCompile(`^[A-Za-z0-9_./-]{0,200}$`)

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// maxPattern bounds a log pattern, in bytes.
const maxPattern = 1000

// logPatterns are what a log probe looks for in a line.
var logPatterns = notation[string]{`a part of a log line such as "Listening on", or a regular expression such as /ready in \d+/`, parsePattern}

func parsePattern(s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New("it is empty")
	case len(s) > maxPattern:
		return "", fmt.Errorf("must be at most %d bytes", maxPattern)
	case hasControl(strings.ReplaceAll(s, "\t", " ")):
		return "", errors.New("a line has no line breaks or control characters")
	}
	_, err := record.LogPattern(s)
	return s, err
}

// settleShape checks what only the whole service shows, and fills in its load.
func (d *decoder) settleShape(present map[string]*yaml.Node, s *record.Setup, asked bool) {
	portless := s.Ready.Kind == record.ReadyNone || s.Ready.Kind == record.ReadyExit
	if asked && portless {
		d.failf(target(present["load"]), `"load" needs a port, but "ready" is %s; expected "ready" with http, tcp, grpc, log or auto`, s.Ready.Kind)
	}
	if s.Recover && portless {
		d.failf(target(present["recover"]), `"recover" times the way back to readiness, but "ready" is %s; expected "ready" with http, tcp, grpc, log or auto`, s.Ready.Kind)
	}
	d.checkBudgets(present["budgets"], *s)
	completeLoad(s, asked)
	if s.StopUnderLoad && len(s.Load.Requests) == 0 {
		d.failf(target(present["stop_under_load"]), `"stop_under_load" needs requests to send, but there is no "load"; expected "load" with "requests"`)
	}
}

// missing says why a service of this shape has no value for a metric, "" where
// it may have one.
func missing(id record.MetricID, s record.Setup) string {
	job := s.Ready.Kind == record.ReadyExit
	switch id {
	case record.RunSeconds, record.RunCPU:
		if !job {
			return "only jobs have it, and \"ready\" is not exit"
		}
	case record.RecoverSeconds:
		if !s.Recover {
			return "it takes \"recover: true\" beside \"budgets\""
		}
	case record.StartupReady, record.StartupCPU, record.StopSeconds, record.MemoryIdle, record.CPUIdle, record.CPURequest:
		if job {
			return "a job (\"ready\" is exit) has none; it has run.seconds, run.cpu and memory.peak"
		}
	}
	return ""
}

// checkBudgets refuses budgets for what a service of this shape never has.
func (d *decoder) checkBudgets(n *yaml.Node, s record.Setup) {
	if n == nil || target(n).Kind != yaml.MappingNode {
		return
	}
	entries, _ := d.entries(n, "budgets")
	for _, e := range entries {
		if why := missing(record.MetricID(e.key.Value), s); why != "" {
			d.failf(e.key, "%s cannot have a budget: %s", e.key.Value, why)
		}
	}
}
