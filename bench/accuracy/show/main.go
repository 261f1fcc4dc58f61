// Command show prints the table of docs/accuracy.md from the raw observations in
// a directory.
package main

import (
	"fmt"
	"os"

	"github.com/plimsoll-ci/plimsoll/bench/accuracy"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: show DIRECTORY")
		os.Exit(2)
	}
	text, err := accuracy.Markdown(os.DirFS(os.Args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, "show:", err)
		os.Exit(1)
	}
	fmt.Print(text)
}
