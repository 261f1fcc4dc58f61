package agent

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/plimsoll-ci/plimsoll/internal/agent/gate"
)

// Serve runs the agent: it takes one trial from in and reports it to out. It
// returns when the trial is over or in ends.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	commands := make(chan command)
	var readErr error
	go func() {
		defer cancel() // the orchestrator is gone: so is the trial
		defer close(commands)
		readErr = receive(ctx, in, commands)
	}()
	first, ok := <-commands
	if !ok {
		return readErr
	}
	if first.Trial == nil {
		return errors.New("the first command carries no trial")
	}
	t := newTrial(*first.Trial, &reporter{out: out}, newInbox())
	go t.inbox.follow(commands)
	if err := t.run(ctx); err != nil {
		return t.report.send(Event{Kind: EventFailed, Failure: asFailure(err)})
	}
	return nil
}

func receive(ctx context.Context, in io.Reader, commands chan<- command) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxEvent)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return fmt.Errorf("read a command: %w", err)
		}
		select {
		case commands <- c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return lines.Err()
}

// asFailure sorts an error of the trial by who has to act on it.
func asFailure(err error) *Failure {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure
	}
	var exec *gate.ExecError
	if errors.As(err, &exec) {
		return &Failure{Kind: FailExec, Message: exec.Error()}
	}
	return &Failure{Kind: FailAgent, Message: err.Error()}
}

// reporter writes events, a line each.
type reporter struct {
	mu  sync.Mutex
	out io.Writer
}

func (r *reporter) send(event Event) error {
	line, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode the event %q: %w", event.Kind, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.out.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("report the event %q: %w", event.Kind, err)
	}
	return nil
}
