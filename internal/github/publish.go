package github

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// publishTime bounds the talk with the API. A job that measured for minutes
// should not hang on a server that does not answer.
const publishTime = 5 * time.Minute

// Publication is everything a finished comparison shows on GitHub, rendered.
type Publication struct {
	Comment     string       // Markdown for the pull request; "" wants none
	Check       *CheckResult // what ends the check run; nil where none is in progress
	Summary     string       // Markdown for the job summary; "" wants none
	Quiet       bool         // everything passes and nothing moved: OnlyOnChange makes no comment for it
	Outputs     []Output
	Annotations []Annotation
}

// Destination is where a [Publication] goes.
type Destination struct {
	Run      Run
	Client   *Client      // nil when there is no token
	Check    *CheckRun    // which the publication's ends; nil when none is wanted
	Behavior Behavior     // of the comment; "" is Update
	Unfound  *DeniedError // why the pull request could not be found; nil where it was, or there is none
	Commands io.Writer    // the step's standard output, where the runner reads commands
}

// Outcome is what became of a [Publication]. Nothing in it changes a verdict.
type Outcome struct {
	Comment  Comment       // zero when there is none
	Refused  *RefusedError // why there is none; nil when there is one or none was wanted
	Check    string        // address of the check run that was ended, "" when there is none
	Warnings []error       // what else could not be written
}

// Publish posts the comment, ends the check run, writes summary and outputs, and
// annotates, in this order: the addresses of comment and check run are the
// outputs comment-url and check-url, and a comment that was refused goes to the
// summary with the reason. A step that fails does not keep the others from being
// tried.
func Publish(ctx context.Context, to Destination, p Publication) Outcome {
	var out Outcome
	if p.Comment != "" && to.Behavior != Off {
		out.Comment, out.Refused = post(ctx, to, p)
		out.warn(out.Comment.Unhidden)
	}
	if to.Client != nil && to.Check != nil && p.Check != nil {
		out.endCheck(ctx, to, *p.Check)
	}
	if text := summaryOf(p, out.Refused); text != "" {
		out.warn(AppendSummary(to.Run.Summary, text))
	}
	out.warn(AppendOutputs(to.Run.Output, append(p.Outputs[:len(p.Outputs):len(p.Outputs)],
		Output{"comment-url", out.Comment.URL}, Output{"check-url", out.Check})))
	annotations := p.Annotations
	if out.Check != "" {
		annotations = slices.DeleteFunc(slices.Clone(annotations), Annotation.placed) // which the check run shows
	}
	out.warn(Annotate(to.Commands, append(annotations[:len(annotations):len(annotations)], out.Refused.annotations()...)))
	return out
}

// annotations say aloud why a comment that the user wants is not there, or shows
// another run.
func (e *RefusedError) annotations() []Annotation {
	switch {
	case e.worthTelling():
		return []Annotation{{Level: Warning, Title: "plimsoll", Message: "no comment: " + e.Error()}}
	case e != nil && e.Reason == Superseded:
		return []Annotation{{Level: Notice, Title: "plimsoll", Message: "no comment: " + e.Error()}}
	}
	return nil
}

func (o *Outcome) warn(err error) {
	if err != nil {
		o.Warnings = append(o.Warnings, err)
	}
}

// endCheck ends the check run also when the comment took all of its time.
func (o *Outcome) endCheck(ctx context.Context, to Destination, r CheckResult) {
	ctx, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	if err := to.Client.EndCheck(ctx, to.Run, *to.Check, r); err != nil {
		o.warn(fmt.Errorf("the check run stays in progress: %w", err))
		return
	}
	o.Check = to.Check.URL
}

// post comments where that is possible and allowed. On a fork's pull request it
// does not try: whether the token may write depends on the repository's
// settings, and what a stranger's job says should not depend on them.
func post(ctx context.Context, to Destination, p Publication) (Comment, *RefusedError) {
	event := to.Run.Event
	switch {
	case to.Unfound != nil:
		return Comment{}, &RefusedError{Reason: to.Unfound.Reason, Why: to.Unfound.Explain(), Err: to.Unfound.Err}
	case event.Number == 0:
		return Comment{}, &RefusedError{Reason: NoPull}
	case event.Fork:
		return Comment{}, &RefusedError{Reason: Fork}
	case to.Client == nil:
		return Comment{}, &RefusedError{Reason: NoToken}
	}
	ctx, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	marker := Marker{Key: to.Run.Key(), Head: event.Head.SHA, Run: to.Run.ID, Attempt: to.Run.Attempt}
	comment, err := to.Client.Comment(ctx, Pull{event.Owner, event.Repo, event.Number}, marker, p.Comment, to.behavior(p))
	var refused *RefusedError
	if err != nil && !errors.As(err, &refused) {
		refused = &RefusedError{Reason: Unreachable, Err: err}
	}
	return comment, refused
}

// worthTelling reports whether the user asked for a comment that should have
// been possible.
func (e *RefusedError) worthTelling() bool {
	return e != nil && e.Reason != NoPull && e.Reason != Superseded && e.Reason != NoNews
}

// summaryOf is the job summary's text: the summary, else the comment that could
// not be posted, with the reason on top.
func summaryOf(p Publication, refused *RefusedError) string {
	text := p.Summary
	if !refused.worthTelling() {
		return text
	}
	if text == "" {
		text = p.Comment
	}
	return fmt.Sprintf("> [!NOTE]\n> The result is only here, because there is no comment: %s.\n\n%s", refused.Explain(), text)
}
