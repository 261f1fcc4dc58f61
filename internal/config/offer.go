package config

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Bounds of a load; those that package load enforces, it enforces with the same
// numbers.
const (
	maxStage   = record.Seconds(3600)
	maxThink   = record.Seconds(60)
	maxRate    = 100_000
	maxUsers   = 1000
	maxWeights = 100_000 // of all requests of a load together
	maxExpect  = 50
)

func (d *decoder) load(n *yaml.Node, l *record.Load, s *Script) {
	var script record.Script
	present := d.mapping(n, `a load, a mapping with "stages" and "requests", or with "script"`, append(d.scriptFields(&script, s),
		field{name: "stages", read: func(v *yaml.Node) { l.Stages = d.stages(v) }},
		field{name: "requests", read: func(v *yaml.Node) { l.Requests = d.requests(v) }},
		field{name: "think", read: value(d, &l.Think, seconds.check(atMost(maxThink, "1m")))},
		field{name: "protocol", read: value(d, &l.Protocol, protocols)},
	)...)
	d.settleScript(present, l, script, s)
	if v := present["protocol"]; v != nil {
		d.checkHeaders(target(v), *l)
	}
}

// checkHeaders refuses headers that the protocol has no place for.
func (d *decoder) checkHeaders(n *yaml.Node, l record.Load) {
	for _, r := range l.Requests {
		for name := range r.Headers {
			if !l.Protocol.Carries(name) {
				d.failf(n, "a request to %s has the header %s, which speaks of a connection of HTTP/1.1; expected none such with %s",
					shown(r.Path), shown(name), l.Protocol)
			}
		}
	}
}

var protocols = notation[record.Protocol]{"http1 or h2c", func(s string) (record.Protocol, error) {
	switch p := record.Protocol(s); p {
	case record.HTTP1, record.H2C:
		return p, nil
	}
	switch s {
	case "h2", "http2", "https":
		return "", errors.New(`inside a pod nothing is encrypted; HTTP/2 without TLS is "h2c"`)
	}
	return "", fmt.Errorf("no such protocol%s", didYouMean(s, []string{"http1", "h2c"}))
}}

func (d *decoder) stages(n *yaml.Node) []record.Stage {
	var all []record.Stage
	for _, item := range d.list(n, "a list of stages such as {for: 1s, rate: 50} or {for: 1s, vus: 10}") {
		all = append(all, d.stage(item))
	}
	return all
}

// stage reads one stage, in the words of k6 too where they mean the same.
func (d *decoder) stage(n *yaml.Node) (s record.Stage) {
	length := value(d, &s.For, seconds.check(positive).check(atMost(maxStage, "1h")))
	present := d.mapping(n, `a stage such as {for: 1s, rate: 50} or {for: 1s, vus: 10}`,
		field{name: "for", read: length},
		field{name: "duration", read: length, alias: true},
		field{name: "rate", read: value(d, &s.Rate, stageRates)},
		field{name: "vus", read: value(d, &s.Users, userCounts)},
		field{name: "target", refused: `is where a ramp of k6 ends, and a stage here does not ramp; expected "vus: 50" or "rate: 50", held for the whole stage`},
	)
	switch {
	case present == nil:
		return s
	case present["for"] != nil && present["duration"] != nil:
		d.failf(target(present["duration"]), `"duration" stands beside "for", which says the same; expected one of the two`)
	case present["for"] == nil && present["duration"] == nil:
		d.failf(target(n), `the stage has no length, expected a key such as "for: 1s"`)
	}
	if present["rate"] != nil && present["vus"] != nil {
		d.failf(target(present["vus"]), `the stage has a rate and virtual users; expected "rate" (requests that wait for nothing) or "vus" (users who wait for their answers)`)
	}
	return s
}

var userCounts = notation[int]{"a number of virtual users such as 50", parseInt}.
	check(atLeast(1, "1")).check(atMost(maxUsers, "1000"))

// stageRates are requests per second, with or without the unit: inside a stage
// of seconds a bare number can mean nothing else.
var stageRates = notation[float64]{"a rate such as 50 or 50/s", func(s string) (float64, error) {
	if number, _, unit, err := split(s); err == nil && unit == "" {
		return number, nil
	}
	return parseRate(s)
}}.check(positive).check(atMost(float64(maxRate), "100000/s"))

func (d *decoder) requests(n *yaml.Node) []record.Request {
	var all []record.Request
	weights := 0
	for _, item := range d.list(n, "a list of requests such as {path: /user/1}") {
		r := d.request(item)
		weights += r.Weight
		all = append(all, r)
	}
	if weights > maxWeights {
		d.failf(target(n), "the weights are %d together, expected at most %d: write them as small numbers, such as 3 and 1", weights, maxWeights)
	}
	return all
}

func (d *decoder) request(n *yaml.Node) record.Request {
	r := record.Request{Method: http.MethodGet, Path: "/", Weight: 1}
	present := d.mapping(n, `a request such as {path: /user/1}`,
		field{name: "path", read: value(d, &r.Path, targets)},
		field{name: "method", read: value(d, &r.Method, methods)},
		field{name: "body", read: func(v *yaml.Node) { r.Body, _ = d.scalar(v, "text") }},
		field{name: "headers", read: func(v *yaml.Node) { r.Headers = d.pairs(v, "headers", headers) }},
		field{name: "weight", read: value(d, &r.Weight, integers.check(positive).check(atMost(maxWeights, "100000")))},
		field{name: "expect", read: func(v *yaml.Node) { r.Expect = d.expect(v) }},
	)
	if present != nil && present["path"] == nil {
		d.failf(target(n), `the request has no path, expected a key such as "path: /"`)
	}
	return r
}

// expect reads the good statuses of a request: one, or a list.
func (d *decoder) expect(n *yaml.Node) []int {
	items := []*yaml.Node{n}
	if target(n).Kind == yaml.SequenceNode {
		items = d.list(n, "a list of statuses such as [200, 201]")
	}
	if len(items) > maxExpect {
		d.failf(target(n), "%d statuses, expected at most %d", len(items), maxExpect)
		return nil
	}
	var all []int
	for _, item := range items {
		var status int
		value(d, &status, statuses)(item)
		if slices.Contains(all, status) && status != 0 {
			d.failf(target(item), "the status %d stands twice", status)
		}
		all = append(all, status)
	}
	return all
}

// statuses are those of final answers; interim ones are none to a client.
var statuses = notation[int]{"a status such as 200", parseInt}.check(func(v int) error {
	if v < 200 || v > 599 {
		return errors.New("an answer has a status from 200 to 599")
	}
	return nil
})
