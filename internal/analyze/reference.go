package analyze

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// Transport says where an image is to be found, in the words of skopeo and
// podman (containers-transports(5)).
type Transport string

// The transports. Bare names no place: the engine is asked, then the registry.
const (
	Bare          Transport = ""
	Daemon        Transport = "docker-daemon"
	Registry      Transport = "docker"
	OCILayout     Transport = "oci"
	OCIArchive    Transport = "oci-archive"
	DockerArchive Transport = "docker-archive"
)

// foreign are transports of the same tools which are not supported here. What
// follows them tells them from an image of that name: no tag has a slash.
var foreign = map[string]bool{"containers-storage": true, "dir": true, "ostree": true, "sif": true, "tarball": true, "atomic": true}

// Reference names an image the way users write it.
type Reference struct {
	Transport Transport
	Path      string // directory or file, for oci, oci-archive and docker-archive
	Name      string // image name or ID; inside a layout or archive, the name given there, "" for the only one
	Digest    string // manifest digest chosen with @ in a layout or OCI archive
	written   string
}

// String is the reference as it was written.
func (r Reference) String() string { return r.written }

// InEngine reports whether the engine is the place to look first.
func (r Reference) InEngine() bool { return r.Transport == Bare || r.Transport == Daemon }

var (
	imageID = regexp.MustCompile(`^(sha256:)?[0-9a-f]{64}$`)
	digests = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

const transportsExpected = "expected docker-daemon:NAME, docker://NAME, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or a bare image name"

// ParseReference reads an image reference with or without a transport.
func ParseReference(s string) (Reference, error) {
	r := Reference{written: s}
	if s == "" {
		return r, errors.New("image reference is empty: " + transportsExpected)
	}
	prefix, rest, hasPrefix := strings.Cut(s, ":")
	var err error
	switch {
	case hasPrefix && isTransport(prefix):
		r.Transport = Transport(prefix)
		err = r.parsePath(rest)
	case hasPrefix && Transport(prefix) == Daemon:
		r.Transport = Daemon
		err = r.parseName(rest)
	case strings.HasPrefix(s, "docker://"):
		r.Transport = Registry
		err = r.parseName(strings.TrimPrefix(s, "docker://"))
	case foreign[prefix] && strings.ContainsAny(rest, "/["):
		err = fmt.Errorf("transport %q is not supported: %s", prefix, transportsExpected)
	default:
		err = r.parseName(s)
	}
	if err != nil {
		return Reference{}, fmt.Errorf("image reference %q: %w", s, err)
	}
	return r, nil
}

func isTransport(prefix string) bool {
	switch Transport(prefix) {
	case OCILayout, OCIArchive, DockerArchive:
		return true
	}
	return false
}

// parsePath splits PATH[:NAME] or PATH[:NAME]@sha256:HEX. As in
// containers/image the path ends at the first colon.
func (r *Reference) parsePath(rest string) error {
	if at := strings.LastIndex(rest, "@sha256:"); at >= 0 && r.Transport != DockerArchive {
		r.Digest, rest = rest[at+1:], rest[:at]
		if !digests.MatchString(r.Digest) {
			return fmt.Errorf("digest %q: expected sha256: and 64 hexadecimal digits", r.Digest)
		}
	}
	r.Path, r.Name, _ = strings.Cut(rest, ":")
	if r.Path == "" {
		return fmt.Errorf("found no path, expected %s:PATH or %s:PATH:TAG", r.Transport, r.Transport)
	}
	if strings.ContainsRune(rest, 0) {
		return errors.New("found a NUL byte, which no path has")
	}
	return nil
}

func (r *Reference) parseName(rest string) error {
	r.Name = rest
	if r.Transport != Registry && imageID.MatchString(rest) {
		return nil
	}
	if _, err := name.ParseReference(rest); err != nil {
		return fmt.Errorf("%w; %s", err, transportsExpected)
	}
	return nil
}
