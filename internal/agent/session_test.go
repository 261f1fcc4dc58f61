package agent

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
)

// pipe gives the orchestrator's session and the agent's end of the stream.
func pipe(t *testing.T) (*Session, net.Conn) {
	t.Helper()
	orchestrator, agent := net.Pipe()
	t.Cleanup(func() {
		orchestrator.Close()
		agent.Close()
	})
	return NewSession(orchestrator), agent
}

func TestSessionPassesOverEarlierEvents(t *testing.T) {
	s, agent := pipe(t)
	r := &reporter{out: agent}
	go func() {
		r.send(Event{Kind: EventGate})
		r.send(Event{Kind: EventGo})
		r.send(Event{Kind: EventMeasured, Trial: &Observed{Sampler: "cgroup v2"}})
	}()
	event, err := s.Await(t.Context(), EventMeasured)
	if err != nil || event.Trial == nil || event.Trial.Sampler != "cgroup v2" {
		t.Errorf("got %+v, %v", event, err)
	}
}

func TestSessionGivesFailures(t *testing.T) {
	s, agent := pipe(t)
	go (&reporter{out: agent}).send(Event{Kind: EventFailed, Failure: &Failure{Kind: FailPorts, Message: "two ports"}})
	_, err := s.Await(t.Context(), EventReady)
	var failure *Failure
	if !errors.As(err, &failure) || failure.Kind != FailPorts {
		t.Errorf("got %v", err)
	}
}

func TestSessionWithoutAnAgent(t *testing.T) {
	s, agent := pipe(t)
	agent.Close()
	if _, err := s.Await(t.Context(), EventGo); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, expected that the agent went away", err)
	}
}

func TestSessionWithNonsense(t *testing.T) {
	s, agent := pipe(t)
	go io.WriteString(agent, "panic: boom\n")
	if _, err := s.Await(t.Context(), EventGo); err == nil || !strings.Contains(err.Error(), "panic: boom") {
		t.Errorf("got %v, expected what the agent said", err)
	}
}

func TestSessionIsInterrupted(t *testing.T) {
	s, _ := pipe(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Await(ctx, EventGo); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
