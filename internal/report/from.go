package report

import "github.com/plimsoll-ci/plimsoll/internal/record"

// fromOf is the image that one was built on, nil where it is not known.
func fromOf(r record.Record) *record.From {
	if r.Contents == nil {
		return nil
	}
	return r.Contents.From
}

// baseImage is the name of the image that one was built on, "" if unknown.
func baseImage(r record.Record) string {
	if f := fromOf(r); f != nil {
		return f.Image
	}
	return ""
}

// guessed reports whether the image that one was built on is a guess.
func guessed(r record.Record) bool {
	f := fromOf(r)
	return f != nil && f.How == "history"
}

// known says how it is known which image another was built on, by record.From.How.
func known(how string) string {
	switch how {
	case "engine":
		return "known from the engine"
	case "annotation":
		return "named by an annotation"
	case "history":
		return "guessed from the history"
	}
	return "known from elsewhere"
}

// fromKnown says how the FROM images of a comparison are known: "; base known
// from the engine, head guessed from the history".
func fromKnown(s record.Service) string {
	base, head := fromOf(s.Base), fromOf(s.Head)
	switch {
	case base == nil || head == nil:
		return ""
	case known(base.How) == known(head.How):
		return "; both " + known(head.How)
	}
	return "; base " + known(base.How) + ", head " + known(head.How)
}
