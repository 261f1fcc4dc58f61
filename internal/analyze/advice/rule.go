package advice

import (
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// rule is one thing to look for. Of the rules that want a file the first in
// the table gets it.
type rule struct {
	name  string // stable; rules that differ in the remedy alone share it
	thing string // what it finds, as it reads before "in /var/lib/apt/lists"

	// at are the places whose files it wants:
	//
	//	/var/cache/apt  this path and all below it
	//	.cache/pip      wherever these names follow each other
	//	*.a             files with this extension
	at []string
	// named wants files by their last name, for what at cannot say.
	named func(base string) bool
	// owner wants all files of a package.
	owner func(e record.Ecosystem, name string) bool

	of     []record.Ecosystem                    // wants only files that these own; nil: any
	unless func(f File, instruction string) bool // what it leaves alone
	when   func(evidence) bool                   // nil: in every image
	place  func(path string) int                 // how much of the path to name; nil: what at matched

	run     string // what to do in the RUN that made it
	ignore  string // what to put in .dockerignore, where that is the remedy for a COPY
	copied  string // what to do about a COPY, where ignore does not say it
	base    string // what to do when it is in the FROM image; "" for the usual
	proviso string // when the remedy holds, as it reads before a colon; "" for always
}

// rules is the table, the most specific first.
var rules = slices.Concat(packageCaches, languageCaches, leftovers, toolchains, developer, extras)

// takes reports whether the rule wants a file that is in one of its places.
func (r *rule) takes(f File, l made) bool {
	return (r.of == nil || slices.Contains(r.of, f.Ecosystem)) && (r.unless == nil || !r.unless(f, l.instruction))
}

// remedy is what to do about what was made so.
func (r *rule) remedy(by maker, base bool) string {
	do := r.run
	switch {
	case base && r.base != "":
		do = r.base
	case base:
		do = "use a base image without it, or delete it where the base image is built; a later layer cannot free its bytes"
	case by == copied:
		do = r.remedyForCopy()
	case by == added:
		do = "leave it out of the archive or directory that ADD takes"
	case by == unknown:
		do += "; where it was copied in, copy less"
	}
	if r.proviso != "" {
		return sentence(r.proviso + ": " + do)
	}
	return sentence(do)
}

func (r *rule) remedyForCopy() string {
	switch {
	case r.copied != "":
		return r.copied
	case r.ignore != "":
		return "put " + r.ignore + " in .dockerignore; where it comes from a build stage, copy less of that stage"
	}
	return "copy less: delete it in the stage it comes from, or list it in .dockerignore"
}
