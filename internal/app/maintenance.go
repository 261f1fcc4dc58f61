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
	extra, err := parse(flags, args)
	if err != nil {
		return ExitOK, err
	}
	if len(extra) > 0 {
		return ExitOK, usagef("cleanup takes no arguments, got %q (a run is named with --run)", extra)
	}
	if *run != "" {
		if err := engine.CheckID(*run); err != nil {
			return ExitOK, usagef("--run: %v", err)
		}
	}
	client, err := engine.Connect(ctx, env.Getenv)
	if err != nil {
		return ExitOK, err
	}
	defer func() { _ = client.Close() }()
	var removed int
	if *run != "" {
		removed, err = client.Remove(ctx, *run)
	} else {
		removed, err = client.Sweep(ctx)
	}
	if err != nil {
		return ExitOK, err
	}
	fmt.Fprintf(env.Stdout, "removed %s from the engine\n", things(removed))
	return ExitOK, nil
}

// things counts containers, images and volumes.
func things(n int) string {
	switch n {
	case 0:
		return "nothing"
	case 1:
		return "1 thing"
	}
	return fmt.Sprintf("%d things", n)
}

func runVersion(_ context.Context, env Env, args []string) (int, error) {
	args, err := parse(flagSet(env, "version", ""), args)
	if err != nil {
		return ExitOK, err
	}
	if len(args) > 0 {
		return ExitOK, usagef("version takes no arguments, got %q", args)
	}
	_, err = fmt.Fprintln(env.Stdout, toolName())
	return ExitOK, err
}
