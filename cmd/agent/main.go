// Command agent runs inside a pod: it holds the network namespace, opens the
// starting gate, probes, samples and loads the app. See package agent.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
)

func main() {
	if err := agent.Serve(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "plimsoll agent:", err)
		os.Exit(1)
	}
}
