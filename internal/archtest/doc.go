// Package archtest holds the program's architecture as a test: which way data
// flows between the packages, and what each command may link. It stands beside
// the pipeline, takes what the go command knows about imports, and gives
// nothing but its verdict. A broken rule is reported with the chain of imports
// that breaks it.
package archtest
