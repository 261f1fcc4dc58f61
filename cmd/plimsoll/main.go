// Command plimsoll compares container images by what they cost to run.
package main

import (
	"os"

	"github.com/plimsoll-ci/plimsoll/internal/agent/programs"
	"github.com/plimsoll-ci/plimsoll/internal/app"
)

func main() {
	programs.CarryAll()
	os.Exit(app.Process(app.Main))
}
