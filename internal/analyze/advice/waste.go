package advice

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// death is what one layer hides in one way, of the FROM image or of the user's
// own layers: the two need different remedies.
type death struct {
	kind   record.WasteKind
	killer int
	ofBase bool
}

// hidden sums up a death.
type hidden struct {
	size    record.Bytes
	files   int
	layers  map[int]bool // that store it
	largest record.Waste
}

// wasteLines gives one advice for each layer that hides others, kind and side.
func wasteLines(waste []record.Waste, l layers) []line {
	found := map[death]*hidden{}
	for _, w := range waste {
		d := death{w.Kind, w.Killer, l.at(w.Layer).base}
		h := found[d]
		if h == nil {
			h = &hidden{layers: map[int]bool{}}
			found[d] = h
		}
		h.add(w)
	}
	var out []line
	for d, h := range found {
		out = append(out, d.line(h, l))
	}
	return out
}

func (h *hidden) add(w record.Waste) {
	h.size += max(w.Size, 0)
	h.files += w.Files
	h.layers[w.Layer] = true
	if w.Size > h.largest.Size || h.largest.Path == "" {
		h.largest = w
	}
}

func (d death) line(h *hidden, l layers) line {
	killer := l.at(d.killer)
	what := h.what() + ", " + d.stored(h, l) + d.fate(killer)
	if killer.base {
		what = inBase + what
	}
	return line{base: killer.base, Advice: record.Advice{
		Rule: "waste-" + string(d.kind), Saves: h.size, What: what, Remedy: sentence(d.remedy(h, l)), Layer: d.killer,
	}}
}

// what names the place that holds most of it.
func (h *hidden) what() string {
	most, path := h.largest.Size, h.largest.Path
	if h.largest.Most != "" && 2*h.largest.MostSize > h.largest.Size {
		most, path = h.largest.MostSize, h.largest.Most
	}
	switch {
	case most < h.size && (len(h.layers) > 1 || path != h.largest.Path):
		return fmt.Sprintf("%s, %s of it in %s", plural(h.files, "file"), size(most), shorten(path, pathWidth))
	case h.files == 1:
		return shorten(h.largest.Path, pathWidth)
	}
	return fmt.Sprintf("%s in %s", plural(h.files, "file"), shorten(h.largest.Path, pathWidth))
}

// stored says who stores it.
func (d death) stored(h *hidden, l layers) string {
	by := l.at(h.largest.Layer).instruction
	switch {
	case d.ofBase && !l.at(d.killer).base:
		return "stored by the base image and "
	case len(h.layers) > 1:
		return fmt.Sprintf("stored by %d layers and ", len(h.layers))
	case by != "":
		return "stored by " + tidy(by) + " and "
	}
	return ""
}

// fate says what became of it.
func (d death) fate(killer made) string {
	by := "a later layer"
	if killer.instruction != "" {
		by = tidy(killer.instruction)
	}
	switch d.kind {
	case record.Deleted:
		return "deleted by " + by
	case record.Overwritten:
		return "overwritten by " + by
	case record.Copied:
		return "duplicated with other mode, owner or time by " + by
	case record.Opaque:
		return "hidden by " + by + ", which makes the directory anew"
	}
	return "replaced by " + by
}

// remedy is for who can change the layer that stores it, where that is the
// user.
func (d death) remedy(h *hidden, l layers) string {
	killer, origin := l.at(d.killer), l.at(h.largest.Layer)
	switch {
	case killer.base:
		return "change it where the base image is built, or use another one"
	case d.kind != record.Deleted && databases.MatchString(h.largest.Path):
		return "each RUN that installs packages stores their database again: install all of them in one RUN"
	case d.ofBase:
		return remedyForBase(d.kind, killer)
	case d.kind == record.Copied:
		return remedyForCopied(killer, origin)
	case d.kind == record.Deleted:
		return remedyForDeleted(origin)
	case killer.by == run && origin.by == run:
		return "join the two RUNs, or let the first one write it as it stays"
	case killer.by != unknown && origin.by == run:
		return "do not make in the RUN what is brought in later"
	}
	return "write each file once, as it stays: every version is stored"
}

// databases are where package managers of distributions write whenever they
// install something.
var databases = regexp.MustCompile(`^/(var/lib/(dpkg|rpm|apt|dnf|yum)|var/cache/debconf|(usr/)?lib/apk|usr/lib/sysimage/(rpm|libdnf5))(/|$)`)

func remedyForBase(kind record.WasteKind, killer made) string {
	switch {
	case kind == record.Copied:
		return "each file whose mode, owner or time changes is stored again: change only those that need it, or change them where the base image is built"
	case kind == record.Deleted:
		return "deleting frees nothing that the base image stores: use a base image without it, or copy the result to an empty one (FROM scratch, COPY --from=build / /) and repeat its ENV and CMD"
	case upgrades(killer.instruction):
		return "use a newer base image (docker build --pull) rather than upgrade its packages"
	}
	return "change it where the base image is built: done later, both versions are stored"
}

// upgrades reports whether an instruction replaces packages by newer ones.
func upgrades(instruction string) bool {
	for _, command := range []string{"apt-get upgrade", "apt-get -y upgrade", "apt upgrade", "apt -y upgrade", "dist-upgrade", "full-upgrade",
		"apk upgrade", "apk -U upgrade", "dnf upgrade", "dnf update", "dnf -y upgrade", "dnf -y update", "yum update", "yum -y update", "microdnf update"} {
		if strings.Contains(instruction, command) {
			return true
		}
	}
	return false
}

func remedyForDeleted(origin made) string {
	switch origin.by {
	case run:
		return "delete it in the RUN that makes it: a later layer only hides it"
	case added:
		return "leave it out of the archive or directory that ADD takes: a later layer only hides it"
	case copied:
		return "read it with RUN --mount=type=bind instead of copying it, or copy it in an earlier build stage: a later layer only hides it"
	}
	return "make and delete it in one instruction, or in an earlier build stage: a later layer only hides it"
}

func remedyForCopied(killer, origin made) string {
	change := changes(killer.instruction)
	switch {
	case killer.by == copied || killer.by == added:
		return "copy it once: the same content is stored again because only its mode, owner or time differs"
	case change == "":
		return "each file whose mode, owner or time changes is stored again: change them in the instruction that makes them"
	case origin.by == copied:
		return "use COPY " + flags(killer.instruction) + " instead of " + change
	case origin.by == added:
		return "use ADD " + flags(killer.instruction) + " instead of " + change + "; where it unpacks an archive, set them in the archive"
	}
	return "call " + change + " in the RUN that makes the files"
}

// changes names the commands in a RUN that change mode and owner.
func changes(instruction string) string {
	var found []string
	for _, command := range []string{"chmod", "chown"} {
		if strings.Contains(instruction, command) {
			found = append(found, command)
		}
	}
	return strings.Join(found, " and ")
}

// flags are those of COPY and ADD that do what the commands do.
func flags(instruction string) string {
	return "--" + strings.ReplaceAll(changes(instruction), " and ", " --")
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}
