package github

import "github.com/google/go-github/v60/github"

// GitHub's limits of a check run
// (https://docs.github.com/rest/checks/runs#update-a-check-run).
const (
	maxCheckText       = 65535 // bytes of the summary; GitHub says characters, and not of which encoding
	maxCheckTitle      = 200   // bytes; undocumented, what the page shows of it is less
	maxAnnotationTitle = 255   // characters
	perUpdate          = 50    // annotations in a request
	maxAnnotations     = 500   // of ours: ten requests
)

// checkNotice ends a text that had to be cut.
const checkNotice = "\n\n_The rest was left out: a check run holds 65,535 characters. All of it is in the job summary._\n"

// fitCheck cuts Markdown at a line's end to what a check run holds.
func fitCheck(text string) string { return cutAtLine(text, maxCheckText, checkNotice) }

// batchesOf makes the requests' annotations: at least one batch, since the last
// one carries the end. An annotation that stands on no line has no place in a
// check run; the summary tells of it.
func batchesOf(all []Annotation) [][]*github.CheckRunAnnotation {
	batches := [][]*github.CheckRunAnnotation{nil}
	for _, a := range all {
		if !a.placed() {
			continue
		}
		last := len(batches) - 1
		if len(batches[last]) == perUpdate {
			if len(batches)*perUpdate == maxAnnotations {
				break
			}
			batches, last = append(batches, nil), last+1
		}
		batches[last] = append(batches[last], a.ofCheck())
	}
	return batches
}

// ofCheck is the annotation in the words of the checks API.
func (a Annotation) ofCheck() *github.CheckRunAnnotation {
	level := map[Level]string{Error: "failure", Warning: "warning", Notice: "notice"}[a.Level]
	made := &github.CheckRunAnnotation{
		Path: &a.File, StartLine: &a.Line, EndLine: &a.Line, AnnotationLevel: &level, Message: new(clip(legible(a.Message), maxMessage)),
	}
	if a.Title != "" {
		made.Title = new(clip(legible(a.Title), maxAnnotationTitle))
	}
	return made
}
