// Package record holds the domain types every other package speaks, and their
// versioned JSON. It is the first stage of the pipeline: it takes nothing and
// gives the nouns (image, trial, record, comparison), the metric catalog, and
// the verdicts.
//
// The JSON of [Record] and [Comparison] is a contract with other programs:
// within a schema version keys may join, none changes meaning, and a number is
// always finite. The package imports the standard library only.
package record
