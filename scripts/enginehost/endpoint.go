package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// An endpoint is a place where an engine may answer.
type endpoint struct {
	host  string // as DOCKER_HOST writes it
	certs string // directory of ca.pem, cert.pem and key.pem; none when empty
}

// candidates lists where to look: only in the named place if there is one,
// else where DOCKER_HOST says, else where the current Docker context says, else
// at the sockets that Docker and Podman use. The product's own package engine
// looks in the same order.
func candidates(getenv func(string) string, only string) ([]endpoint, error) {
	if only == "" {
		only = getenv("DOCKER_HOST")
	}
	if only != "" {
		return []endpoint{{only, certificates(getenv)}}, nil
	}
	chosen, err := contextEndpoint(getenv)
	if err != nil {
		return nil, err
	}
	if chosen.host != "" {
		return []endpoint{chosen}, nil
	}
	var all []endpoint
	for _, path := range usualSockets(getenv) {
		all = append(all, endpoint{host: "unix://" + path})
	}
	return all, nil
}

func certificates(getenv func(string) string) string {
	if getenv("DOCKER_TLS_VERIFY") == "" {
		return ""
	}
	if dir := getenv("DOCKER_CERT_PATH"); dir != "" {
		return dir
	}
	return dockerConfig(getenv)
}

func dockerConfig(getenv func(string) string) string {
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	return filepath.Join(getenv("HOME"), ".docker")
}

// usualSockets are those of Docker, rootless Docker, rootless Podman, Docker
// Desktop, Colima and Podman.
func usualSockets(getenv func(string) string) []string {
	sockets := []string{"/var/run/docker.sock"}
	if runtime := getenv("XDG_RUNTIME_DIR"); runtime != "" {
		sockets = append(sockets, runtime+"/docker.sock", runtime+"/podman/podman.sock")
	}
	if home := getenv("HOME"); home != "" {
		sockets = append(sockets, home+"/.docker/run/docker.sock", home+"/.colima/default/docker.sock")
	}
	return append(sockets, "/run/podman/podman.sock")
}

// contextEndpoint reads the current Docker context from where the docker
// client keeps it: config.json names it, and its metadata lies in a directory
// named by the SHA-256 of the name. No context is no endpoint and no error.
// https://docs.docker.com/engine/manage-resources/contexts/
func contextEndpoint(getenv func(string) string) (endpoint, error) {
	dir, name := dockerConfig(getenv), getenv("DOCKER_CONTEXT")
	if name == "" {
		// Whoever never chose a context has no such file.
		var config struct{ CurrentContext string }
		_ = readJSON(filepath.Join(dir, "config.json"), &config)
		name = config.CurrentContext
	}
	if name == "" || name == "default" {
		return endpoint{}, nil
	}
	digest := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(digest[:])
	var meta struct {
		Endpoints map[string]struct{ Host string }
	}
	if err := readJSON(filepath.Join(dir, "contexts/meta", id, "meta.json"), &meta); err != nil {
		return endpoint{}, fmt.Errorf("read the Docker context %q: %w", name, err)
	}
	e := endpoint{host: meta.Endpoints["docker"].Host}
	if e.host == "" {
		return endpoint{}, fmt.Errorf("the Docker context %q names no docker endpoint", name)
	}
	certs := filepath.Join(dir, "contexts/tls", id, "docker")
	if _, err := os.Stat(filepath.Join(certs, "ca.pem")); err == nil {
		e.certs = certs
	}
	return e, nil
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// ping asks the engine for its version. /_ping alone would not do: a proxy may
// answer it for an engine that is gone.
func (e endpoint) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	transport, base, err := e.transport()
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/version", nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var version struct{ APIVersion string }
	if err := json.NewDecoder(response.Body).Decode(&version); err != nil || version.APIVersion == "" {
		return fmt.Errorf("something answers (%s), but not as a container engine does", response.Status)
	}
	return nil
}

// transport returns how to reach the endpoint, and the URL to put before paths.
func (e endpoint) transport() (*http.Transport, string, error) {
	address, err := url.Parse(e.host)
	if err != nil {
		return nil, "", err
	}
	switch address.Scheme {
	case "unix":
		socket := strings.TrimPrefix(e.host, "unix://")
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}
		return &http.Transport{DialContext: dial}, "http://engine", nil
	case "tcp", "http", "https":
		if e.certs == "" && address.Scheme != "https" {
			return &http.Transport{}, "http://" + address.Host, nil
		}
		config, err := e.tlsConfig()
		return &http.Transport{TLSClientConfig: config}, "https://" + address.Host, err
	}
	return nil, "", fmt.Errorf("cannot reach an engine by %q, expected unix:// or tcp://", address.Scheme)
}

func (e endpoint) tlsConfig() (*tls.Config, error) {
	if e.certs == "" {
		return &tls.Config{}, nil
	}
	authority, err := os.ReadFile(filepath.Join(e.certs, "ca.pem"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	own, err := tls.LoadX509KeyPair(filepath.Join(e.certs, "cert.pem"), filepath.Join(e.certs, "key.pem"))
	if err != nil {
		return nil, err
	}
	return &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{own}}, nil
}
