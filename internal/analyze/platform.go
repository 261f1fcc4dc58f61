package analyze

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Platform names what an image runs on. The zero Platform stands for "whatever
// there is", and for this machine's architecture where there are several.
type Platform struct {
	OS           string
	Architecture string
	Variant      string // arm: v6, v7; amd64: v2, v3; "" is the plain one
}

// architectures maps the names other tools use to Go's.
var architectures = map[string]Platform{
	"x86_64": {Architecture: "amd64"}, "x86-64": {Architecture: "amd64"},
	"aarch64": {Architecture: "arm64"}, "i386": {Architecture: "386"}, "i686": {Architecture: "386"},
	"armhf": {Architecture: "arm", Variant: "v7"}, "armel": {Architecture: "arm", Variant: "v6"},
}

// ParsePlatform reads os/architecture or os/architecture/variant, and a bare
// architecture for Linux.
func ParsePlatform(s string) (Platform, error) {
	parts := strings.Split(strings.ToLower(s), "/")
	if len(parts) == 1 {
		parts = []string{"linux", parts[0]}
	}
	if len(parts) > 3 {
		return Platform{}, fmt.Errorf("platform %q: found %d parts, expected os/architecture or os/architecture/variant, as in linux/arm64", s, len(parts))
	}
	for _, part := range parts {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789_.-") != "" {
			return Platform{}, fmt.Errorf("platform %q: %q is no name, expected something like linux/amd64 or linux/arm/v7", s, part)
		}
	}
	p := Platform{OS: parts[0], Architecture: parts[1]}
	if len(parts) == 3 {
		p.Variant = parts[2]
	}
	return p.normal(), nil
}

// platformOf converts go-containerregistry's type.
func platformOf(p v1.Platform) Platform {
	return Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}.normal()
}

// normal spells a platform the one way that two equal ones share. The default
// variants of arm, arm64 and amd64 are those containerd assumes.
func (p Platform) normal() Platform {
	if known, ok := architectures[p.Architecture]; ok {
		p.Architecture = known.Architecture
		if p.Variant == "" {
			p.Variant = known.Variant
		}
	}
	switch p.Architecture + "/" + p.Variant {
	case "arm64/v8", "arm64/8", "amd64/v1":
		p.Variant = ""
	case "arm/", "arm/7":
		p.Variant = "v7"
	case "arm/6", "arm/5":
		p.Variant = "v" + p.Variant
	}
	return p
}

// String is os/architecture[/variant], "" for the zero Platform.
func (p Platform) String() string {
	if p == (Platform{}) {
		return ""
	}
	s := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		s += "/" + p.Variant
	}
	return s
}

// unknown is how BuildKit marks attestation manifests, which are not images.
func (p Platform) unknown() bool { return p.OS == "unknown" || p.Architecture == "unknown" }

// Runs reports whether a machine of platform p can run an image made for
// image: the same system and architecture, and a variant no newer than p's.
func (p Platform) Runs(image Platform) bool { return p.fit(image) > 0 }

// fit grades image for a machine of platform p: 0 does not run, higher suits
// better. An image for exactly p wins, then the newest variant below it.
func (p Platform) fit(image Platform) int {
	p, image = p.normal(), image.normal()
	switch {
	case p.OS != image.OS || p.Architecture != image.Architecture:
		return 0
	case p.Variant == image.Variant:
		return 1000
	case image.Variant == "":
		return 1
	case p.Variant == "" || image.Variant > p.Variant || len(image.Variant) > len(p.Variant):
		return 0
	}
	return 1 + int(image.Variant[len(image.Variant)-1])
}
