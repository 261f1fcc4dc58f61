package kube

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Defaults and the bound of a probe's times, in seconds.
// https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#configure-probes
const (
	defaultPeriod    = 10
	defaultThreshold = 3
	maxSeconds       = 1 << 20
)

// probe reads a probe; ports may be named.
func (d *document) probe(w *Workload, key string, n *yaml.Node, ports map[string]int) *Probe {
	p := &Probe{Key: key, Period: defaultPeriod, FailureThreshold: defaultThreshold, At: d.at(n)}
	kinds := 0
	for _, e := range d.Mapping(n, "a probe, a mapping") {
		if config.IsNull(e.Value) {
			continue
		}
		switch e.Key.Value {
		case "httpGet":
			kinds, p.Kind = kinds+1, record.ReadyHTTP
			d.httpGet(w, p, e.Value, ports)
		case "tcpSocket":
			kinds, p.Kind = kinds+1, record.ReadyTCP
			d.port(p, e.Value, ports)
		case "grpc":
			kinds, p.Kind = kinds+1, record.ReadyGRPC
			d.grpc(p, e.Value)
		case "exec":
			kinds++
		case "initialDelaySeconds":
			p.InitialDelay = d.integer(e.Value, "seconds", 0, maxSeconds)
		case "periodSeconds":
			p.Period = d.integer(e.Value, "seconds", 1, maxSeconds)
		case "failureThreshold":
			p.FailureThreshold = d.integer(e.Value, "a number of failures", 1, maxSeconds)
		}
	}
	if kinds != 1 {
		d.Failf(n, "the %s has %d ways to ask, expected one of httpGet, tcpSocket, grpc and exec", key, kinds)
	}
	return p
}

func (d *document) httpGet(w *Workload, p *Probe, n *yaml.Node, ports map[string]int) {
	d.port(p, n, ports)
	for _, e := range d.Mapping(n, `an HTTP probe, a mapping with "port"`) {
		switch e.Key.Value {
		case "path":
			p.Path, _ = d.Scalar(e.Value, "a path such as /health")
			if p.Path != "" && (!strings.HasPrefix(p.Path, "/") || strings.ContainsFunc(p.Path, unprintable)) {
				d.Failf(e.Value, "expected a path such as /health, found %s", config.Shown(p.Path))
			}
		case "scheme":
			if scheme, _ := d.Scalar(e.Value, "a scheme"); !strings.EqualFold(scheme, "HTTP") {
				w.note("the %s asks by %s: a boot waits for the open port", p.Key, config.Shown(scheme))
				p.Kind = record.ReadyTCP
			}
		case "httpHeaders":
			w.note("the headers of the %s are not sent", p.Key)
		}
	}
	if p.Kind == record.ReadyTCP {
		p.Path = ""
	}
}

func unprintable(r rune) bool { return r <= ' ' || r >= 0x7f }

// port reads the port of a probe, by number or by its name in the container.
func (d *document) port(p *Probe, n *yaml.Node, ports map[string]int) {
	v := d.child(n, "port")
	if v == nil {
		d.Failf(n, `the %s has no "port"`, p.Key)
		return
	}
	name, _ := d.Scalar(v, "a port")
	if port, known := ports[name]; known && name != "" {
		p.Port = port
		return
	}
	if name != "" && strings.Trim(name, "0123456789") != "" {
		d.Failf(v, "the container has no port called %s, expected one of its ports or a number", config.Shown(name))
		return
	}
	p.Port = d.integer(v, "a port", 1, 65535)
}

func (d *document) grpc(p *Probe, n *yaml.Node) {
	v := d.child(n, "port")
	if v == nil {
		d.Failf(n, `the %s has no "port"`, p.Key)
		return
	}
	p.Port = d.integer(v, "a port", 1, 65535)
	if service := d.child(n, "service"); service != nil {
		p.Service, _ = d.Scalar(service, "the name of a gRPC service")
	}
}
