// Package endpoint says where a container engine may be: it takes the environment
// and gives addresses, and asks none of them. It stands on the standard library
// alone, so that a script can use it before any module was downloaded.
package endpoint

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Endpoint is where an engine may be, and who said so.
type Endpoint struct {
	Host   string // unix:///..., tcp://...
	Source string
	Certs  string // directory with ca.pem, cert.pem, key.pem; "" for none
}

// List says where to look for an engine, best first. A DOCKER_HOST or a Docker
// context is an order and leaves no other choice.
func List(getenv func(string) string) ([]Endpoint, error) {
	if host := getenv("DOCKER_HOST"); host != "" {
		return []Endpoint{At(getenv, host, "DOCKER_HOST")}, nil
	}
	chosen, err := ofContext(getenv)
	if err != nil {
		return nil, err
	}
	if chosen.Host != "" {
		return []Endpoint{chosen}, nil
	}
	return sockets(getenv), nil
}

// At is an endpoint that somebody names, with the certificates that the
// environment asks for: as for the Docker command line, those in its own
// directory where no other is named.
func At(getenv func(string) string, host, source string) Endpoint {
	e := Endpoint{Host: host, Source: source}
	wanted := getenv("DOCKER_TLS_VERIFY") != "" || getenv("DOCKER_TLS") != ""
	if wanted && !strings.HasPrefix(host, "unix://") {
		e.Certs = cmp.Or(getenv("DOCKER_CERT_PATH"), dockerConfig(getenv))
	}
	return e
}

// dockerConfig is the directory of the Docker command line's own files.
func dockerConfig(getenv func(string) string) string {
	return cmp.Or(getenv("DOCKER_CONFIG"), filepath.Join(getenv("HOME"), ".docker"))
}

// sockets are the usual ones of Docker, rootless Docker, rootless Podman, Docker
// Desktop, Colima and Podman.
func sockets(getenv func(string) string) []Endpoint {
	paths := []string{"/var/run/docker.sock"}
	if runtime := getenv("XDG_RUNTIME_DIR"); runtime != "" {
		paths = append(paths, runtime+"/docker.sock", runtime+"/podman/podman.sock")
	}
	if home := getenv("HOME"); home != "" {
		paths = append(paths, home+"/.docker/run/docker.sock", home+"/.colima/default/docker.sock")
	}
	paths = append(paths, "/run/podman/podman.sock")
	found := make([]Endpoint, len(paths))
	for i, path := range paths {
		found[i] = Endpoint{Host: "unix://" + path, Source: "the usual sockets"}
	}
	return found
}

// ofContext follows the Docker context the user chose, if any. The
// layout is the Docker command line's: config.json names the context, and its
// metadata stands below contexts/meta under the SHA-256 of that name
// (https://docs.docker.com/engine/manage-resources/contexts/).
func ofContext(getenv func(string) string) (Endpoint, error) {
	dir, name := dockerConfig(getenv), getenv("DOCKER_CONTEXT")
	if name == "" {
		name = currentContext(filepath.Join(dir, "config.json"))
	}
	if name == "" || name == "default" {
		return Endpoint{}, nil
	}
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	path := filepath.Join(dir, "contexts", "meta", id, "meta.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		return Endpoint{}, fmt.Errorf("read the Docker context %q: %w (choose another with DOCKER_CONTEXT or `docker context use`)", name, err)
	}
	var meta struct {
		Endpoints map[string]struct{ Host string }
	}
	if err := json.Unmarshal(raw, &meta); err != nil {
		return Endpoint{}, fmt.Errorf("read the Docker context %q from %s: %w", name, path, err)
	}
	chosen := Endpoint{Host: meta.Endpoints["docker"].Host, Source: fmt.Sprintf("the Docker context %q", name)}
	if chosen.Host == "" {
		return Endpoint{}, fmt.Errorf("the Docker context %q (%s) names no docker endpoint", name, path)
	}
	if certs := filepath.Join(dir, "contexts", "tls", id, "docker"); strings.HasPrefix(chosen.Host, "tcp://") && isDir(certs) {
		chosen.Certs = certs
	}
	return chosen, nil
}

// currentContext is "" when the file is missing or names none: that is the
// ordinary case and means the default socket.
func currentContext(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	var config struct{ CurrentContext string }
	if json.Unmarshal(raw, &config) != nil {
		return ""
	}
	return config.CurrentContext
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
