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
// at the sockets that Docker and Podman use.
func candidates(getenv func(string) string, only string) []endpoint {
	certs := ""
	if getenv("DOCKER_TLS_VERIFY") != "" {
		certs = getenv("DOCKER_CERT_PATH")
		if certs == "" {
			certs = dockerConfig(getenv)
		}
	}
	if only != "" {
		return []endpoint{{only, certs}}
	}
	if host := getenv("DOCKER_HOST"); host != "" {
		return []endpoint{{host, certs}}
	}
	if e, ok := contextEndpoint(getenv); ok {
		return []endpoint{e}
	}
	var all []endpoint
	for _, path := range usualSockets(getenv) {
		all = append(all, endpoint{host: "unix://" + path})
	}
	return all
}

func dockerConfig(getenv func(string) string) string {
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	return filepath.Join(getenv("HOME"), ".docker")
}

// usualSockets are those of the system's Docker, rootless Docker, Docker
// Desktop, rootless Podman and the system's Podman.
func usualSockets(getenv func(string) string) []string {
	sockets := []string{"/var/run/docker.sock"}
	runtime := getenv("XDG_RUNTIME_DIR")
	if runtime != "" {
		sockets = append(sockets, filepath.Join(runtime, "docker.sock"))
	}
	sockets = append(sockets, filepath.Join(getenv("HOME"), ".docker/run/docker.sock"))
	if runtime != "" {
		sockets = append(sockets, filepath.Join(runtime, "podman/podman.sock"))
	}
	return append(sockets, "/run/podman/podman.sock")
}

// contextEndpoint reads the current Docker context from where the docker
// client keeps it: config.json names it, and its metadata lies in a directory
// named by the SHA-256 of the name.
// https://docs.docker.com/engine/manage-resources/contexts/
func contextEndpoint(getenv func(string) string) (endpoint, bool) {
	dir, name := dockerConfig(getenv), getenv("DOCKER_CONTEXT")
	if name == "" {
		var config struct{ CurrentContext string }
		if readJSON(filepath.Join(dir, "config.json"), &config) != nil {
			return endpoint{}, false
		}
		name = config.CurrentContext
	}
	if name == "" || name == "default" {
		return endpoint{}, false
	}
	digest := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(digest[:])
	var meta struct {
		Endpoints map[string]struct{ Host string }
	}
	if readJSON(filepath.Join(dir, "contexts/meta", id, "meta.json"), &meta) != nil {
		return endpoint{}, false
	}
	e := endpoint{host: meta.Endpoints["docker"].Host}
	certs := filepath.Join(dir, "contexts/tls", id, "docker")
	if _, err := os.Stat(filepath.Join(certs, "ca.pem")); err == nil {
		e.certs = certs
	}
	return e, e.host != ""
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
