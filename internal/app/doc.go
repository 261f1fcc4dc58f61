// Package app wires the packages of the pipeline into commands and draws their
// progress. It owns what the rest leaves alone: flags, files, exit codes,
// standard streams. The mains are a few lines over [Main] and [Action].
package app
