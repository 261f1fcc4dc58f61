// Command accuracy prints the table of docs/accuracy.md from the raw observations in
// a directory.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/plimsoll-ci/plimsoll/bench/accuracy"
)

func main() { os.Exit(run(os.Args[1:])) }

// run gives the exit code.
func run(args []string) int {
	if err := show(args); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		return 1
	}
	return 0
}

func show(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: accuracy DIRECTORY")
	}
	text, err := accuracy.Markdown(os.DirFS(args[0]))
	if err != nil {
		return err
	}
	_, err = fmt.Print(text)
	return err
}
