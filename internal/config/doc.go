// Package config turns what the user wrote into a typed plan. It takes the
// bytes of plimsoll.yml, or the inputs of the Action, and gives a [Plan], or
// every mistake at once, each with its position and what was expected:
//
//	plimsoll.yml:14:7: unknown key "memroy", expected one of "memory", "cpus", "pids" [config]
//	   |
//	14 |       memroy: 256Mi
//	   |       ^~~~~~
//
// It stands behind record, whose nouns it speaks, and before everything that
// measures. It is data only: nothing is opened, fetched or looked up, so a
// file named in the configuration is kept as a path for others to read.
//
// Note: decoding into structs with the parser's known-fields check was tried
// and left. It reports unknown keys by Go type and cannot give a column inside
// a value, a key that is one of several kinds ("ready: none" or a mapping) or
// a unit that does not fit. The walk over the node tree in decode.go does, and
// also bounds what aliases may expand to.
package config
