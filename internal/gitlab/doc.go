// Package gitlab keeps one note on a merge request up to date. It takes a text
// that is already rendered, and what GitLab CI's environment says about the
// pipeline, and gives back what became of the note.
//
// It stands behind github in the pipeline, whose rules for a comment that many
// runs write it shares, and knows nothing of images, budgets or verdicts.
//
// Note: gitlab.com/gitlab-org/api/client-go would do the talking. It brings its
// own retries, which send a POST again whose answer was lost and so post twice,
// and hundreds of services for the five requests that are made here.
package gitlab
