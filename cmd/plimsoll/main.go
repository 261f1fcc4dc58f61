// Command plimsoll compares container images by what they cost to run.
package main

import (
	"os"

	"github.com/plimsoll-ci/plimsoll/internal/app"
)

func main() { os.Exit(app.Process(app.Main)) }
