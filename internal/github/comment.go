package github

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
)

// maxRounds bounds how often a comment is written while others write it too.
const maxRounds = 8

// Comment is a comment as it stands on the pull request.
type Comment struct {
	ID  int64
	URL string // of the web page
}

// Posted is a comment with its text.
type Posted struct {
	Comment
	Body string
}

// Thread is where comments stand: a pull request of GitHub, or a merge request
// of another forge. An error is a [*RefusedError], except where the caller
// itself gave up.
type Thread interface {
	// Limit is the most characters of a comment.
	Limit() int
	// List gives all the comments that may be ours, in any order.
	List(ctx context.Context) ([]Posted, error)
	// Create is Unreachable when the comment may have been written all the same.
	Create(ctx context.Context, text string) (Comment, error)
	// Update is NotFound when the comment is gone, and Forbidden when it is not
	// the token's to change.
	Update(ctx context.Context, id int64, text string) (Comment, error)
	// Delete is like Update.
	Delete(ctx context.Context, id int64) error
}

// sticky is a comment that carries our marker.
type sticky struct {
	Comment
	marker Marker
}

// Keep makes the thread's one comment for the marker's key say body, which
// stands in it after the marker's line. An older comment is updated, duplicates
// are removed, and the oldest stays. What a newer run wrote is left alone: that
// is a [*RefusedError] with reason [Superseded].
//
// Forges offer no "write if unchanged", so each write is followed by another
// look, until the look finds this run's text or a newer run's. A create whose
// answer was lost is therefore found again rather than repeated.
func Keep(ctx context.Context, thread Thread, marker Marker, body string, how Behavior) (Comment, error) {
	switch how {
	case Off:
		return Comment{}, nil
	case New, HideAndNew:
		return Comment{}, &RefusedError{Reason: Invalid, Err: fmt.Errorf("comment behaviour %s is not there yet", how)}
	}
	text, marker, err := marker.with(body)
	if err != nil {
		return Comment{}, err
	}
	if n := utf8.RuneCountInString(text); n > thread.Limit() {
		return Comment{}, &RefusedError{Reason: Invalid, Err: fmt.Errorf("comment has %d characters, at most %d are taken", n, thread.Limit())}
	}
	p := &posting{Thread: thread, marker: marker, text: text, how: how, barred: map[int64]bool{}}
	for round := 1; round <= maxRounds; round++ {
		done, err := p.round(ctx, round)
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

// round looks once and writes at most once. It is done when the look found
// nothing left to write.
func (p *posting) round(ctx context.Context, round int) (bool, error) {
	found, err := p.find(ctx)
	if err != nil {
		return false, err
	}
	if len(found) == 0 {
		return p.absent(ctx, round)
	}
	keep := found[0]
	for _, s := range found[1:] {
		if s.marker.Newer(p.marker) {
			continue // its own run takes care of it
		}
		if err := p.remove(ctx, s); err != nil {
			return false, err
		}
	}
	switch {
	case keep.marker.Newer(p.marker):
		p.result = Comment{}
		return true, &RefusedError{Reason: Superseded}
	case keep.marker == p.marker:
		p.result = keep.Comment
		return true, nil
	}
	return false, p.update(ctx, keep)
}

// absent creates the comment, unless it did so already and the listing has not
// caught up yet.
func (p *posting) absent(ctx context.Context, round int) (bool, error) {
	if p.created {
		if round == maxRounds {
			return true, nil
		}
		return false, courier.Sleep(ctx, courier.Backoff(1))
	}
	if p.how == OnlyOnChange {
		return true, &RefusedError{Reason: NoNews}
	}
	return false, p.create(ctx)
}

func (p *posting) create(ctx context.Context) error {
	made, err := p.Create(ctx, p.text)
	if err == nil {
		p.result, p.created = made, true
		return nil
	}
	p.failed++
	if !refusedFor(err, Unreachable) || ctx.Err() != nil || p.failed == courier.Tries {
		return err
	}
	// It may have been written all the same: the next round looks first.
	return courier.Sleep(ctx, courier.Backoff(p.failed))
}

func (p *posting) update(ctx context.Context, s sticky) error {
	made, err := p.Update(ctx, s.ID, p.text)
	switch {
	case err == nil:
		p.result, p.created = made, false
		return nil
	case refusedFor(err, NotFound):
		return nil // removed since the look
	case refusedFor(err, Forbidden):
		p.barred[s.ID] = true
		return nil
	}
	return err
}

// remove deletes a duplicate. One that is gone or not ours to delete is no
// reason to fail.
func (p *posting) remove(ctx context.Context, s sticky) error {
	err := p.Delete(ctx, s.ID)
	if refusedFor(err, NotFound) || refusedFor(err, Forbidden) {
		return nil
	}
	return err
}

// find gives those comments that carry our marker and key, oldest first.
func (p *posting) find(ctx context.Context) ([]sticky, error) {
	all, err := p.List(ctx)
	if err != nil {
		return nil, err
	}
	var found []sticky
	for _, c := range all {
		marker, ok := ParseMarker(c.Body)
		if ok && marker.Key == p.marker.Key && !p.barred[c.ID] {
			found = append(found, sticky{c.Comment, marker})
		}
	}
	slices.SortFunc(found, func(a, b sticky) int { return cmp.Compare(a.ID, b.ID) })
	return found, nil
}
