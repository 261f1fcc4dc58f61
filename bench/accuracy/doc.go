// Package accuracy holds what the product claims of its own numbers against what
// was measured of it: raw observations in JSON lines, one file for each row of the
// table and each engine, and the table made of them. BenchmarkAccuracy of package
// bench writes the files, [Markdown] reads them; false alarms and detection are
// computed here from recorded pairs, by the code that gives the verdicts.
package accuracy
