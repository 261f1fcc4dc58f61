package config

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Script is what a k6 script of a service needs beyond [record.Script].
type Script struct {
	K6   string            // a program's path or an image; "" is the k6 on PATH
	Env  map[string]string // values stay here: record.Script has only the names
	Line int               // of the script in the file
}

// DefaultScriptTimeout bounds one run of a k6 script.
const DefaultScriptTimeout = record.Seconds(60)

// scriptKeys are the keys of a load that is a k6 script.
var scriptKeys = []string{"k6", "env", "timeout"}

// scriptFields read a k6 script, which r becomes where there is one.
func (d *decoder) scriptFields(r *record.Script, s *Script) []field {
	r.Timeout = DefaultScriptTimeout
	return []field{
		{name: "script", read: func(v *yaml.Node) { s.Line = target(v).Line; value(d, &r.File, paths)(v) }},
		{name: "k6", read: value(d, &s.K6, programs)},
		{name: "env", read: func(v *yaml.Node) { s.Env = d.pairs(v, "variables", variables) }},
		{name: "timeout", read: value(d, &r.Timeout, seconds.check(positive).check(atMost(maxTimeout, "1h")))},
	}
}

var programs = notation[string]{"the path of the k6 program, or an image such as grafana/k6:1.8.1", parseImage}

// settleScript puts the script into the load, unless the two contradict.
func (d *decoder) settleScript(present map[string]*yaml.Node, l *record.Load, r record.Script, s *Script) {
	if present["script"] == nil {
		for _, key := range scriptKeys {
			if v := present[key]; v != nil {
				d.failf(target(v), `%q belongs to a k6 script, but the load has none; expected a key such as "script: test.js"`, key)
			}
		}
		return
	}
	for _, key := range []string{"stages", "requests", "think", "protocol"} {
		if v := present[key]; v != nil {
			d.failf(target(v), `%q stands beside "script", which is a whole load by itself; expected one of the two`, key)
		}
	}
	r.Environment = slices.Sorted(maps.Keys(s.Env))
	l.Script = &r
}
