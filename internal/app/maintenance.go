package app

import (
	"context"
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
)

// runCleanup removes what one run left, or what every crashed run did.
func runCleanup(ctx context.Context, env Env, args []string) (int, error) {
	flags := flagSet(env, "cleanup", "")
	run := flags.String("run", "", "remove everything of the run with this `id`, even if it is alive")
	if _, err := parse(flags, args); err != nil {
		return ExitOK, err
	}
	client, err := engine.Connect(ctx, env.Getenv)
	if err != nil {
		return ExitOK, err
	}
	defer client.Close()
	removed := 0
	if *run != "" {
		if err := engine.CheckID(*run); err != nil {
			return ExitOK, usagef("--run: %v", err)
		}
		removed, err = client.Remove(ctx, *run)
	} else {
		removed, err = client.Sweep(ctx)
	}
	if err != nil {
		return ExitOK, err
	}
	fmt.Fprintf(env.Stdout, "removed %d containers, images and volumes\n", removed)
	return ExitOK, nil
}

func runVersion(_ context.Context, env Env, _ []string) (int, error) {
	_, err := fmt.Fprintln(env.Stdout, toolName())
	return ExitOK, err
}
