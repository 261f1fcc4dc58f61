package github

import "github.com/plimsoll-ci/plimsoll/internal/config"

// Behavior is what becomes of the comment of the last push.
type Behavior string

// The behaviours. Each shows a result once, never a stale one in the place of a
// newer one, and leaves alone what is not ours.
const (
	// Update keeps one comment and brings it up to date.
	Update Behavior = config.CommentUpdate
	// New adds a comment for every run that has one to show; the older ones stay.
	New Behavior = config.CommentNew
	// HideAndNew adds a comment as New does, and hides the older ones.
	HideAndNew Behavior = config.CommentHideAndNew
	// OnlyOnChange brings a comment up to date and makes none: whether there is
	// reason to make one is for the caller to say, see [Publication.Quiet].
	OnlyOnChange Behavior = config.CommentOnlyOnChange
	// Off shows no comment and leaves those that are there as they are.
	Off Behavior = config.CommentOff
)

// behavior is how a publication comments: as the user wants, and where that
// depends on what there is to tell, as that says.
func (d Destination) behavior(p Publication) Behavior {
	if d.Behavior == "" || d.Behavior == OnlyOnChange && !p.Quiet {
		return Update
	}
	return d.Behavior
}
