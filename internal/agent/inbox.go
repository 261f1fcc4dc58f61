package agent

import "sync"

// mark is a moment that comes once, and that several may wait for.
type mark struct {
	once sync.Once
	c    chan struct{}
}

func newMark() *mark { return &mark{c: make(chan struct{})} }

func (m *mark) set() { m.once.Do(func() { close(m.c) }) }

// inbox is what the orchestrator says in the course of a trial. It outlives
// the app that was killed to see it recover.
type inbox struct {
	stopping *mark         // the stop signal is about to be sent
	draining *mark         // load is wanted until the app has stopped
	killing  *mark         // SIGKILL is about to be sent
	ended    *mark         // the engine says that the container has ended
	loads    chan External // what the orchestrator says of its own load
	lines    chan LogLine  // lines of the app's log that match
}

// heldLines is how many matching lines may wait for the trial. The first that
// counts is enough, and the orchestrator is told at once.
const heldLines = 64

func newInbox() *inbox {
	return &inbox{stopping: newMark(), draining: newMark(), killing: newMark(), ended: newMark(), loads: make(chan External, 2), lines: make(chan LogLine, heldLines)}
}

// follow sorts the commands until there are no more.
func (i *inbox) follow(commands <-chan command) {
	for c := range commands {
		switch {
		case c.Load != nil:
			select {
			case i.loads <- *c.Load:
			default: // more than the two words of a load are nothing to wait for
			}
		case c.Stop:
			i.stopping.set()
		case c.Drain:
			i.draining.set()
		case c.Kill:
			i.killing.set()
		case c.Ended:
			i.ended.set()
		case c.Line != nil:
			select {
			case i.lines <- *c.Line:
			default: // nobody waits for it
			}
		}
	}
}
