package github

import (
	"context"
	"errors"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
)

// settle is how long a comment that was taken over is left before the last look
// at it. A forge offers no "write if unchanged": an older run that has just
// looked may still write over this, or remove it as a duplicate. It asks again
// right before it does, so it is done within an exchange or two with the API,
// which take a part of this.
const settle = 2 * time.Second

// theOne makes one comment say what is to be said: the oldest, of which others
// are duplicates.
func (p *posting) theOne(ctx context.Context, found []marked) (bool, error) {
	_, late := p.newer(found)
	found = sinceApart(found)
	switch {
	case late && len(found) > 0:
		if err := p.remove(ctx, found[1:]); err != nil {
			return false, err
		}
		return p.superseded()
	case late:
		return p.superseded()
	case len(found) == 0 && p.how == OnlyOnChange:
		return true, &RefusedError{Reason: NoNews}
	case len(found) == 0:
		return p.absent(ctx)
	case !p.shows(found[0]):
		return false, p.takeOver(ctx, found[0])
	}
	p.result = found[0].Comment
	return true, p.remove(ctx, found[1:])
}

// sinceApart are the comments that may be written in. Those before one that
// stands apart belong to a time when the user wanted several, and may be hidden.
func sinceApart(found []marked) []marked {
	for i := len(found) - 1; i >= 0; i-- {
		if found[i].marker.Apart {
			return found[i+1:]
		}
	}
	return found
}

// shows reports whether a comment needs no more writing. Another text of this
// run that stands where ours stood is a job's that has the same name: the two
// would write over each other to no end.
func (p *posting) shows(m marked) bool {
	sameRun := !m.marker.Newer(p.marker) && !p.marker.Newer(m.marker)
	return m.marker == p.marker || sameRun && p.result.ID == m.ID
}

// takeOver writes the text in place of an older one and lets it settle.
func (p *posting) takeOver(ctx context.Context, old marked) error {
	made, err := p.Update(p.checked(ctx, old), old.ID, p.text)
	switch {
	case err == nil:
		p.result, p.created = made, false
	case ctx.Err() != nil:
		return err
	case errors.Is(err, errMoved):
		// Somebody wrote or removed it, or our own write went through unanswered.
	case refusedFor(err, NotFound):
		return nil // removed since the look
	case refusedFor(err, Forbidden):
		p.barred[old.ID] = true
		return nil
	default:
		return err
	}
	return courier.Sleep(ctx, settle)
}
