package advice

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Slimmer compares the FROM images of all services of a run, by the name of
// the service. Where one is built on the full variant of an image (python:3.12)
// and another on a slim variant of the same version (python:3.12-slim), the
// advice for the first says so; Saves is the difference of what the two store.
// A nil From, and one without a name, are left out.
//
// The bytes may be those of advice that [For] gives about the base image: the
// two are ways to the same end.
func Slimmer(images map[string]*record.From) map[string]record.Advice {
	services := slices.Sorted(maps.Keys(images))
	slims := map[string][]built{}
	for _, s := range services {
		if b, ok := builtOn(s, images[s]); ok && b.slim() {
			slims[b.repository] = append(slims[b.repository], b)
		}
	}
	out := map[string]record.Advice{}
	for _, s := range services {
		if b, ok := builtOn(s, images[s]); ok && !b.slim() {
			if best, ok := b.best(slims[b.repository]); ok {
				out[s] = b.advice(best)
			}
		}
	}
	return out
}

// built is a service and the FROM image it is built on.
type built struct {
	service string
	from    *record.From
	variant
}

// variant is what the name of an image says.
type variant struct {
	repository string
	version    string // "" for the latest
	codename   string // of the distribution, "" where it does not say
	variants   map[string]bool
	other      string // the rest of the tag, which must be the same
}

var (
	version = regexp.MustCompile(`^v?[0-9]+(\.[0-9]+)*$`)

	// distributions are the code names that tags of official images carry.
	distributions = regexp.MustCompile(`^(stretch|buster|bullseye|bookworm|trixie|forky|sid|xenial|bionic|focal|jammy|noble|resolute|stable|testing|unstable|oldstable)$`)
	variants      = regexp.MustCompile(`^(slim|alpine[0-9.]*|jre|minimal|micro)$`)

	// plain are the names of full variants: eclipse-temurin:21 is 21-jdk.
	plain = regexp.MustCompile(`^(latest|jdk|full)?$`)
)

func builtOn(service string, from *record.From) (built, bool) {
	if from == nil || from.Image == "" {
		return built{}, false
	}
	return built{service, from, variantOf(from.Image)}, true
}

// variantOf takes a reference to pieces.
func variantOf(image string) variant {
	name, _, _ := strings.Cut(image, "@")
	tag := ""
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name, tag = name[:colon], name[colon+1:]
	}
	v := variant{repository: repository(name), variants: map[string]bool{}}
	for word := range strings.SplitSeq(tag, "-") {
		switch {
		case plain.MatchString(word):
		case version.MatchString(word) && v.version == "":
			v.version = strings.TrimPrefix(word, "v")
		case distributions.MatchString(word) && v.codename == "":
			v.codename = word
		case variants.MatchString(word):
			v.variants[word] = true
		default:
			v.other += "-" + word
		}
	}
	return v
}

// repository is the short name of what Docker Hub has.
func repository(name string) string {
	for _, hub := range []string{"index.docker.io/", "docker.io/", "library/"} {
		name = strings.TrimPrefix(name, hub)
	}
	return name
}

func (v variant) slim() bool { return len(v.variants) > 0 }

// musl reports whether it is built on Alpine, whose C library is another.
func (v variant) musl() bool {
	for name := range v.variants {
		if strings.HasPrefix(name, "alpine") {
			return true
		}
	}
	return false
}

// same reports whether two variants are of the same software: 3.12 is 3.12.4,
// as far as it says, and what does not name a distribution may be any.
func (v variant) same(o variant) bool {
	if v.repository != o.repository || v.other != o.other || (v.version == "") != (o.version == "") {
		return false
	}
	if !strings.HasPrefix(v.version+".", o.version+".") && !strings.HasPrefix(o.version+".", v.version+".") {
		return false
	}
	return v.codename == o.codename || v.version != "" && (v.codename == "" || o.codename == "")
}

// best is the slim variant to propose: one with the same C library if there is
// one, and of those the smallest.
func (b built) best(slims []built) (best built, ok bool) {
	for _, s := range slims {
		if !b.same(s.variant) || b.from.Size-s.from.Size < least {
			continue
		}
		better := s.from.Size < best.sizeOf()
		if s.musl() != best.musl() {
			better = best.musl()
		}
		if !ok || better {
			best, ok = s, true
		}
	}
	return best, ok
}

func (b built) sizeOf() record.Bytes {
	if b.from == nil {
		return 0
	}
	return b.from.Size
}

func (b built) advice(slim built) record.Advice {
	remedy := "Use the slim variant here too, and install the few packages that are then missing"
	if slim.musl() {
		remedy = "Try the slim variant here too: its C library is musl, so native code has to be built for it"
	}
	return record.Advice{
		Rule: "slim-base", Saves: b.from.Size - slim.from.Size, Remedy: remedy, Layer: -1,
		What: "built on " + shorten(b.from.Image, pathWidth) + ", while " + shorten(slim.service, pathWidth) + " uses " + shorten(slim.from.Image, pathWidth),
	}
}
