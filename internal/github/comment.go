package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
)

// maxRounds bounds how often a comment is written while others write it too.
const maxRounds = 8

// Comment is a comment as it stands on the pull request.
type Comment struct {
	ID  int64
	URL string // of the web page
	// Unhidden says why older comments can still be seen that [HideAndNew] was
	// to hide; nil when there are none.
	Unhidden error
}

// Posted is a comment with its text.
type Posted struct {
	Comment
	Body string
	Node string // its name in GraphQL, "" where there is none
}

// Thread is where comments stand: a pull request of GitHub, or a merge request
// of another forge. An error is a [*RefusedError], except where the caller
// itself gave up.
type Thread interface {
	// Fits is an error for a text that is too long for a comment.
	Fits(text string) error
	// List gives all the comments that may be ours, in any order.
	List(ctx context.Context) ([]Posted, error)
	// Text is a comment's text as it stands, and NotFound when the comment is gone.
	Text(ctx context.Context, id int64) (string, error)
	// Create is Unreachable when the comment may have been written all the same.
	Create(ctx context.Context, text string) (Comment, error)
	// Update is NotFound when the comment is gone, and Forbidden when it is not
	// the token's to change.
	Update(ctx context.Context, id int64, text string) (Comment, error)
	// Delete is like Update.
	Delete(ctx context.Context, id int64) error
}

// Keep shows body on the thread, behind the marker's line, and does with the
// comments of earlier runs for the marker's key what the behaviour says. Once a
// newer run has shown its result there is none of this run's: that is a
// [*RefusedError] with reason [Superseded].
//
// Each write is followed by another look at the thread, until the look finds
// this run's text or a newer run's. A create whose answer was lost is therefore
// found again rather than repeated, and what runs write at the same time is put
// in order by whoever looks last.
func Keep(ctx context.Context, thread Thread, marker Marker, body string, how Behavior) (Comment, error) {
	if how == Off {
		return Comment{}, nil
	}
	marker.Apart = how == New || how == HideAndNew
	text, marker, err := marker.with(body)
	if err != nil {
		return Comment{}, err
	}
	if err := thread.Fits(text); err != nil {
		return Comment{}, &RefusedError{Reason: Invalid, Err: err}
	}
	p := &posting{Thread: thread, marker: marker, text: text, how: how, barred: map[int64]bool{}}
	for range maxRounds {
		done, err := p.round(ctx)
		if done || err != nil {
			return p.result, err
		}
	}
	if p.result.ID == 0 {
		return Comment{}, &RefusedError{Reason: Unreachable, Err: fmt.Errorf("comment was written %d times and never found", maxRounds)}
	}
	return p.result, nil
}

// posting is the state of one call of Keep.
type posting struct {
	Thread
	marker  Marker
	text    string
	how     Behavior
	result  Comment        // written in this call and acknowledged
	created bool           // result is a comment of our own making
	barred  map[int64]bool // comments this token may not change
	failed  int            // creates without an answer
}

// marked is a comment that carries our marker.
type marked struct {
	Posted
	marker Marker
}

// round looks once and writes at most one text. It is done when the look found
// nothing left to write.
func (p *posting) round(ctx context.Context) (bool, error) {
	found, err := p.find(ctx)
	if err != nil {
		return false, err
	}
	if p.marker.Apart {
		return p.another(ctx, found)
	}
	return p.theOne(ctx, found)
}

// find gives those comments that carry our marker and key, oldest first.
func (p *posting) find(ctx context.Context) ([]marked, error) {
	all, err := p.List(ctx)
	if err != nil {
		return nil, err
	}
	var found []marked
	for _, c := range all {
		marker, ok := ParseMarker(c.Body)
		if ok && marker.Key == p.marker.Key && !p.barred[c.ID] {
			found = append(found, marked{c, marker})
		}
	}
	slices.SortFunc(found, func(a, b marked) int { return cmp.Compare(a.ID, b.ID) })
	return found, nil
}

// newer is the first comment of a newer run, and whether there is one.
func (p *posting) newer(found []marked) (marked, bool) {
	i := slices.IndexFunc(found, func(m marked) bool { return m.marker.Newer(p.marker) })
	if i < 0 {
		return marked{}, false
	}
	return found[i], true
}

// absent creates the comment, unless it did so already and the listing has not
// caught up yet.
func (p *posting) absent(ctx context.Context) (bool, error) {
	if p.created {
		return false, courier.Sleep(ctx, courier.Backoff(1))
	}
	made, err := p.Create(ctx, p.text)
	if err == nil {
		p.result, p.created = made, true
		return false, nil
	}
	p.failed++
	if !refusedFor(err, Unreachable) || ctx.Err() != nil || p.failed == courier.Tries {
		return false, err
	}
	// It may have been written all the same: the next round looks first.
	return false, courier.Sleep(ctx, courier.Backoff(p.failed))
}

var errMoved = errors.New("the comment is not what it was a moment ago")

// checked has a request on a comment ask, right before each try, whether the
// comment still is what was found. Where it is not the answer is errMoved.
func (p *posting) checked(ctx context.Context, found marked) context.Context {
	return courier.Check(ctx, func(ctx context.Context) error {
		text, err := p.Text(ctx, found.ID)
		if refusedFor(err, NotFound) {
			return errMoved
		}
		if err != nil {
			return err
		}
		if marker, _ := ParseMarker(text); marker != found.marker {
			return errMoved
		}
		return nil
	})
}

// superseded ends the posting because of a newer run's comment.
func (p *posting) superseded() (bool, error) {
	p.result = Comment{}
	return true, &RefusedError{Reason: Superseded}
}

// remove deletes comments that show no more than others do, except those of
// newer runs, which take care of them. One that is gone, not ours to delete, or
// another text by now is no reason to fail.
func (p *posting) remove(ctx context.Context, spare []marked) error {
	for _, m := range spare {
		if m.marker.Newer(p.marker) {
			continue
		}
		err := p.Delete(p.checked(ctx, m), m.ID)
		if err != nil && !errors.Is(err, errMoved) && !refusedFor(err, NotFound) && !refusedFor(err, Forbidden) {
			return err
		}
	}
	return nil
}
