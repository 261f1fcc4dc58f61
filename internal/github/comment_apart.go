package github

import (
	"context"
	"errors"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
)

// Hider is a [Thread] whose comments can be hidden.
type Hider interface {
	// Hide folds comments away as outdated. Those that are hidden already or gone
	// are left alone.
	Hide(ctx context.Context, comments []Posted) error
}

// another makes one more comment, unless it is there already. Comments of runs
// that end at the same time stand in the order of the runs: one that came behind
// a newer run's is taken back.
func (p *posting) another(ctx context.Context, found []marked) (bool, error) {
	var mine, older []marked
	for _, m := range found {
		switch {
		case m.marker == p.marker:
			mine = append(mine, m)
		case p.marker.Newer(m.marker):
			older = append(older, m)
		}
	}
	newer, late := p.newer(found)
	switch {
	case len(mine) == 0 && late:
		return p.superseded()
	case len(mine) == 0:
		return p.absent(ctx)
	case late && newer.ID < mine[0].ID:
		if err := p.remove(ctx, mine); err != nil {
			return false, err
		}
		return p.superseded()
	}
	p.result = mine[0].Comment
	if err := p.remove(ctx, mine[1:]); err != nil {
		return false, err
	}
	if p.how == HideAndNew {
		p.result.Unhidden = p.hide(ctx, older)
	}
	return true, nil
}

// hide hides comments as far as the forge can. Hiding twice does no harm, so
// what failed on the way is sent again.
func (p *posting) hide(ctx context.Context, older []marked) error {
	if len(older) == 0 {
		return nil
	}
	hider, able := p.Thread.(Hider)
	if !able {
		return errors.New("older comments stay as they are: this forge cannot hide comments")
	}
	comments := make([]Posted, len(older))
	for i, m := range older {
		comments[i] = m.Posted
	}
	for try := 1; ; try++ {
		err := hider.Hide(ctx, comments)
		if !refusedFor(err, Unreachable) || try == courier.Tries {
			return err
		}
		if err := courier.Sleep(ctx, courier.Backoff(try)); err != nil {
			return err
		}
	}
}
