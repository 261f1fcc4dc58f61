package app

import (
	"errors"
	"path"
	"path/filepath"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// title stands over annotations that are about no metric.
const title = "plimsoll"

// annotations point at the budget's line in the configuration. They come from the
// comparison alone, so that a job without a checkout can make them. What kept a
// service from being measured at all stands on no line.
func annotations(c record.Comparison) []github.Annotation {
	var all []github.Annotation
	for _, s := range c.Services {
		file := c.ConfigOf(s)
		for _, change := range s.Metrics {
			level, worth := annotationLevel(change.Verdict, c.OnInconclusive)
			if !worth {
				continue
			}
			a := github.Annotation{Level: level, Title: title + ": " + singleLine(string(change.ID)), Message: report.Annotation(s, change)}
			if file != "" && change.Line > 0 {
				a.File, a.Line = file, change.Line
			}
			all = append(all, a)
		}
		all = append(all, manifestAnnotations(file, s)...)
		if s.Verdict == record.Missing && len(s.Warnings) > 0 {
			last := s.Warnings[len(s.Warnings)-1]
			all = append(all, github.Annotation{Level: github.Error, Title: title, Message: singleLine(s.Name + ": " + last)})
		}
	}
	if c.Incomplete {
		for _, w := range c.Warnings {
			all = append(all, github.Annotation{Level: github.Error, Title: title, Message: singleLine(w)})
		}
	}
	return all
}

func annotationLevel(verdict, onInconclusive record.Verdict) (github.Level, bool) {
	switch {
	case verdict == record.Fail, verdict == record.Missing:
		return github.Error, true
	case verdict == record.Inconclusive && onInconclusive == record.Fail:
		return github.Error, true
	case verdict == record.Inconclusive:
		return github.Warning, true
	}
	return "", false
}

// manifestAnnotations point at where a manifest does not fit. Its files are named
// as the configuration names them, beside itself.
func manifestAnnotations(config string, s record.Service) []github.Annotation {
	if s.Manifest == nil {
		return nil
	}
	var all []github.Annotation
	for _, f := range s.Manifest.Findings {
		a := github.Annotation{Level: github.Warning, Title: title + ": " + singleLine(s.Manifest.Workload), Message: singleLine(f.Message)}
		if at := path.Join(path.Dir(config), f.File); filepath.IsLocal(at) {
			a.File, a.Line = singleLine(at), f.Line
		}
		all = append(all, a)
	}
	return all
}

// errorAnnotations point at the mistakes of a configuration; any other error
// stands on no line.
func errorAnnotations(env Env, err error) []github.Annotation {
	var wrong config.Errors
	var all []github.Annotation
	for _, part := range parts(err) {
		if errors.As(part, &wrong) {
			for _, one := range wrong {
				all = append(all, github.Annotation{Level: github.Error, Title: title, File: inRepository(env, one.File), Line: one.Line, Message: one.Message})
			}
			continue
		}
		all = append(all, github.Annotation{Level: github.Error, Title: title, Message: lines(part.Error())})
	}
	return all
}
