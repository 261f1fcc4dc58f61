package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// endpoint is where an engine may be, and who said so.
type endpoint struct {
	host   string // unix:///..., tcp://...
	source string
	certs  string // directory with ca.pem, cert.pem, key.pem; "" for none
}

// endpoints lists where to look for an engine, best first. A DOCKER_HOST or a
// Docker context is an order and leaves no other choice.
func endpoints(getenv func(string) string) ([]endpoint, error) {
	if host := getenv("DOCKER_HOST"); host != "" {
		certs := ""
		if getenv("DOCKER_TLS_VERIFY") != "" || getenv("DOCKER_TLS") != "" {
			certs = getenv("DOCKER_CERT_PATH")
		}
		return []endpoint{{host: host, source: "DOCKER_HOST", certs: certs}}, nil
	}
	chosen, err := contextEndpoint(getenv)
	if err != nil {
		return nil, err
	}
	if chosen.host != "" {
		return []endpoint{chosen}, nil
	}
	return socketEndpoints(getenv), nil
}

// socketEndpoints are the usual sockets of Docker, rootless Docker and Podman.
func socketEndpoints(getenv func(string) string) []endpoint {
	paths := []string{"/var/run/docker.sock"}
	if runtime := getenv("XDG_RUNTIME_DIR"); runtime != "" {
		paths = append(paths, runtime+"/docker.sock", runtime+"/podman/podman.sock")
	}
	if home := getenv("HOME"); home != "" {
		paths = append(paths, home+"/.docker/run/docker.sock", home+"/.colima/default/docker.sock")
	}
	paths = append(paths, "/run/podman/podman.sock")
	found := make([]endpoint, len(paths))
	for i, path := range paths {
		found[i] = endpoint{host: "unix://" + path, source: "the usual sockets"}
	}
	return found
}

// contextEndpoint follows the Docker context the user chose, if any. The
// layout is the Docker command line's: config.json names the context, and its
// metadata stands below contexts/meta under the SHA-256 of that name.
func contextEndpoint(getenv func(string) string) (endpoint, error) {
	dir := getenv("DOCKER_CONFIG")
	if dir == "" {
		dir = filepath.Join(getenv("HOME"), ".docker")
	}
	name := getenv("DOCKER_CONTEXT")
	if name == "" {
		name = currentContext(filepath.Join(dir, "config.json"))
	}
	if name == "" || name == "default" {
		return endpoint{}, nil
	}
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	path := filepath.Join(dir, "contexts", "meta", id, "meta.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		return endpoint{}, fmt.Errorf("read the Docker context %q: %w (choose another with DOCKER_CONTEXT or `docker context use`)", name, err)
	}
	var meta struct {
		Endpoints map[string]struct{ Host string }
	}
	if err := json.Unmarshal(raw, &meta); err != nil {
		return endpoint{}, fmt.Errorf("read the Docker context %q from %s: %w", name, path, err)
	}
	chosen := endpoint{host: meta.Endpoints["docker"].Host, source: fmt.Sprintf("the Docker context %q", name)}
	if chosen.host == "" {
		return endpoint{}, fmt.Errorf("the Docker context %q (%s) names no docker endpoint", name, path)
	}
	if certs := filepath.Join(dir, "contexts", "tls", id, "docker"); strings.HasPrefix(chosen.host, "tcp://") && isDir(certs) {
		chosen.certs = certs
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
