package agent

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// maxEvent bounds one line of the protocol, in bytes. The largest event holds
// the memory timeline of a trial: 50 samples a second at about 40 bytes each.
const maxEvent = 16 << 20

// Session is the orchestrator's half of the protocol: one trial of one pod.
type Session struct {
	events chan Event
	err    error // why events ended; read after the channel is closed

	mu  sync.Mutex // commands come from several goroutines
	out io.Writer
}

// NewSession speaks to the agent on stream.
func NewSession(stream io.ReadWriter) *Session {
	s := &Session{out: stream, events: make(chan Event, 8)}
	go s.receive(stream)
	return s
}

func (s *Session) receive(stream io.Reader) {
	defer close(s.events)
	lines := bufio.NewScanner(stream)
	lines.Buffer(make([]byte, 64<<10), maxEvent)
	for lines.Scan() {
		var event Event
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			s.err = fmt.Errorf("the agent said %.80q: %w", lines.Text(), err)
			return
		}
		s.events <- event
	}
	s.err = lines.Err()
	if s.err == nil {
		s.err = io.ErrUnexpectedEOF
	}
}

// Begin hands the agent its trial.
func (s *Session) Begin(spec Spec) error { return s.send(command{Trial: &spec}) }

// Stopping tells the agent that the stop signal is about to be sent.
func (s *Session) Stopping() error { return s.send(command{Stop: true}) }

// Draining asks for load that goes on until the app has stopped.
func (s *Session) Draining() error { return s.send(command{Drain: true}) }

// Killing tells the agent that SIGKILL is about to be sent, and the app to be
// started again.
func (s *Session) Killing() error { return s.send(command{Kill: true}) }

// Ended tells the agent that the app's container has ended.
func (s *Session) Ended() error { return s.send(command{Ended: true}) }

// Line tells the agent of a line of the app's log.
func (s *Session) Line(line LogLine) error { return s.send(command{Line: &line}) }

func (s *Session) send(c command) error {
	line, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode a command for the agent: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.out.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("send a command to the agent: %w", err)
	}
	return nil
}

// Await returns the event of the wanted kind; those before it are passed over.
// The error is a [Failure] when the trial ended early.
func (s *Session) Await(ctx context.Context, wanted EventKind) (Event, error) {
	for {
		select {
		case <-ctx.Done():
			return Event{}, fmt.Errorf("wait for the agent's %q: %w", wanted, ctx.Err())
		case event, ok := <-s.events:
			switch {
			case !ok:
				return Event{}, fmt.Errorf("the agent went away before %q: %w", wanted, s.err)
			case event.Kind == EventFailed && event.Failure != nil:
				return event, event.Failure
			case event.Kind == EventFailed:
				return event, errors.New("the agent failed and gave no reason")
			case event.Kind == wanted:
				return event, nil
			}
		}
	}
}
