package measure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/load/k6"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Bounds of k6's container. Each virtual user takes 1 to 5 MB.
const (
	scriptMemory   = 1 << 30
	scriptPIDs     = 512
	scriptMaxFile  = 16 << 20
	inspectAddress = "localhost:8080" // in the variables of a script that is only looked at
)

// inspectTimeout bounds the parsing of a script.
const inspectTimeout = 30 * time.Second

// ScriptError is a k6 script that is wrong, whatever image it loads.
type ScriptError struct{ Message string }

func (e *ScriptError) Error() string { return e.Message }

// Inspect lets k6 read a script, in a container without a network. The error is
// a [ScriptError] when the script is to blame.
func Inspect(ctx context.Context, run *engine.Run, script *k6.Script) (k6.Requirements, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, inspectTimeout, &ScriptError{fmt.Sprintf("k6 did not finish reading %s within %v", script.Test.Main, inspectTimeout)})
	defer cancel()
	end, err := run.Tool(ctx, nil, toolSpec(script, script.Inspect(), inspectAddress))
	if err != nil && context.Cause(ctx) != nil {
		return k6.Requirements{}, context.Cause(ctx)
	}
	if err != nil {
		return k6.Requirements{}, err
	}
	if end.Code != 0 {
		return k6.Requirements{}, &ScriptError{script.Explain(end.Code, string(end.Stderr))}
	}
	found, err := k6.ParseInspect(end.Stdout)
	if err != nil {
		return k6.Requirements{}, &ScriptError{script.Test.Main + ": " + err.Error()}
	}
	return found, nil
}

func toolSpec(script *k6.Script, command []string, address string) engine.ToolSpec {
	return engine.ToolSpec{
		Image: script.Image, Command: command, Env: script.Environment(address),
		Memory: scriptMemory, PIDs: scriptPIDs, MaxFile: scriptMaxFile,
		Directory: k6.Directory, Files: script.Files(), Writable: k6.Results,
	}
}

// scriptRun is one run of k6 beside an app.
type scriptRun struct {
	end engine.ToolEnd
	err error
}

// observeScript runs k6 when the agent asks for it, and adds what it said to
// what the agent saw. An end of the app ends k6 as well.
func (b *boot) observeScript(ctx context.Context) (*agent.Observed, error) {
	asked, err := b.session.Await(ctx, agent.EventLoad)
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan scriptRun, 1)
	failed, fail := context.WithCancel(ctx)
	defer fail()
	go func() {
		end, err := b.runScript(running, asked.Address)
		done <- scriptRun{end, err}
		if err != nil {
			fail() // the agent waits for an end that it will not be told of
		}
	}()
	measured, awaitErr := b.session.Await(failed, agent.EventMeasured)
	if awaitErr != nil {
		stop() // else k6 has ended, and its summary is still being read
	}
	ran := <-done
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case ran.err != nil && !errors.Is(ran.err, context.Canceled):
		return nil, ran.err
	case awaitErr != nil:
		return nil, awaitErr
	case measured.Trial == nil:
		return nil, errors.New("the agent measured and reported nothing")
	}
	return measured.Trial, b.addScript(measured.Trial, ran.end)
}

// runScript runs k6 once, for at most as long as the user allows.
func (b *boot) runScript(ctx context.Context, address string) (engine.ToolEnd, error) {
	script := b.target.Script
	late := &agent.Failure{Kind: agent.FailTimeout, Message: fmt.Sprintf("k6 did not end within %v, which is `load.timeout`: shorten %s, or set it higher",
		script.Timeout.Duration(), script.Test.Main)}
	ctx, cancel := context.WithTimeoutCause(ctx, script.Timeout.Duration(), late)
	defer cancel()
	spec := toolSpec(script, script.Run(), address)
	if b.pinned != nil {
		spec.CPUs = b.pinned.Agent
	}
	spec.Result, spec.MaxResult = k6.SummaryPath, k6.MaxSummary
	spec.Started, spec.Ended = b.session.LoadBegun, b.session.LoadEnded
	end, err := b.pods.Run.Tool(ctx, b.pod, spec)
	if err != nil && errors.Is(context.Cause(ctx), late) {
		return end, late
	}
	return end, err
}

// addScript reads what k6 left, into what the agent saw.
func (b *boot) addScript(seen *agent.Observed, end engine.ToolEnd) error {
	script := b.target.Script
	if end.OOMKilled {
		return &agent.Failure{Kind: agent.FailLoad, Message: fmt.Sprintf("k6 needed more memory than its limit of %d MiB: let the script use fewer virtual users", scriptMemory>>20)}
	}
	if end.Code != 0 && end.Code != k6.CodeCrossed {
		return &agent.Failure{Kind: agent.FailLoad, Message: script.Explain(end.Code, string(end.Stderr))}
	}
	if end.Result == nil {
		return &agent.Failure{Kind: agent.FailLoad, Message: "k6 left no summary: " + script.Explain(end.Code, string(end.Stderr))}
	}
	outcome, err := k6.ParseSummary(end.Result, end.Code)
	if err != nil {
		return err
	}
	seen.Load = &outcome.Load
	if outcome.Load.Sent > 0 && outcome.Load.Completed == 0 {
		seen.Notes = append(seen.Notes, fmt.Sprintf("all %d requests of %s failed: it finds the app's address in the variable PLIMSOLL_URL", outcome.Load.Sent, script.Test.Main))
	}
	if outcome.Load.Sent == 0 {
		seen.Notes = append(seen.Notes, fmt.Sprintf("%s sent no HTTP request", script.Test.Main))
	}
	for id, value := range outcome.Metrics {
		seen.Metrics[id] = value
	}
	if seen.External != nil && seen.External.App > 0 && outcome.Load.Completed > 0 {
		seen.Metrics[record.CPURequest] = float64(seen.External.App) / float64(outcome.Load.Completed)
	}
	return nil
}
