// Command action is the GitHub Action's entry: it reads the runner's
// environment, does what `plimsoll compare` does, and publishes the result.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/plimsoll-ci/plimsoll/internal/app"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	return app.Action(ctx, app.ProcessEnv(), os.Args[1:])
}
