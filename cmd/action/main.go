// Command action is the GitHub Action's entry: it reads the runner's
// environment, does what `plimsoll compare` does, and publishes the result.
package main

import (
	"os"

	"github.com/plimsoll-ci/plimsoll/internal/app"
)

func main() { os.Exit(app.Process(app.Action)) }
