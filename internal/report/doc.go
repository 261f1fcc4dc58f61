// Package report turns a comparison, the record of one image, or a list of prices
// into text for people and programs: terminal, Markdown (the comment on a pull
// request), HTML and JSON. It stands behind compare and before whatever publishes: it
// takes a [record.Comparison] and gives bytes.
//
// The model: facts are worked out once (a row per metric, a sentence for the
// verdict, the layers that changed, the bill side by side) and every renderer
// only lays them out, so that the comment and the terminal never disagree.
// Numbers are formatted in format.go and nowhere else; strings that came from
// an image, a configuration or a saved file pass an escaper of escape.go (or
// template_place.go) on their way out, and are shortened in the middle.
//
// What an image consists of, and why it grew, comes as sections: tables that are
// dressed for a medium when they are made. They stand in the order in which a
// reader asks: how big, from the FROM image or from this change, by which
// instruction, package and file, what is wasted, and what to do. The page adds
// a picture (treemap.go); without contents nothing of it is said.
//
// Everything here is pure: no clock, no files, no network, and the same input
// gives the same bytes.
//
// The vocabulary is that of the statistics: "~" says the interval includes no
// change, "?" says the value is undefined and the reason stands beside it.
package report
