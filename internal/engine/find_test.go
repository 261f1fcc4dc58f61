package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func environment(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestDockerHostLeavesNoOtherChoice(t *testing.T) {
	got, err := endpoints(environment(map[string]string{
		"DOCKER_HOST": "tcp://10.0.0.1:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs", "DOCKER_CONTEXT": "ignored",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := []endpoint{{host: "tcp://10.0.0.1:2376", source: "DOCKER_HOST", certs: "/certs"}}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(endpoint{})); d != "" {
		t.Error(d)
	}
}

// writeContext lays a Docker context out as the Docker command line does.
func writeContext(t *testing.T, dir, name, meta string) {
	t.Helper()
	sum := sha256.Sum256([]byte(name))
	path := filepath.Join(dir, "contexts", "meta", hex.EncodeToString(sum[:]))
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, "meta.json"), []byte(meta), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestDockerContext(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"currentContext":"colima"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	writeContext(t, dir, "colima", `{"Name":"colima","Endpoints":{"docker":{"Host":"unix:///c.sock"}}}`)
	writeContext(t, dir, "broken", `{`)
	writeContext(t, dir, "empty", `{"Endpoints":{}}`)
	for _, c := range []struct{ context, host, err string }{
		{"", "unix:///c.sock", ""},
		{"colima", "unix:///c.sock", ""},
		{"missing", "", `Docker context "missing"`},
		{"broken", "", `Docker context "broken"`},
		{"empty", "", "names no docker endpoint"},
	} {
		got, err := endpoints(environment(map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": c.context}))
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("context %q: error %v, expected %q in it", c.context, err, c.err)
			}
			continue
		}
		if err != nil || len(got) != 1 || got[0].host != c.host {
			t.Errorf("context %q: %+v, %v; expected %s", c.context, got, err, c.host)
		}
	}
}

func TestUsualSockets(t *testing.T) {
	got, err := endpoints(environment(map[string]string{"DOCKER_CONFIG": t.TempDir(), "XDG_RUNTIME_DIR": "/run/user/7", "HOME": "/home/u"}))
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, e := range got {
		hosts = append(hosts, e.host)
	}
	want := []string{"unix:///var/run/docker.sock", "unix:///run/user/7/docker.sock", "unix:///run/user/7/podman/podman.sock",
		"unix:///home/u/.docker/run/docker.sock", "unix:///home/u/.colima/default/docker.sock", "unix:///run/podman/podman.sock"}
	if d := cmp.Diff(want, hosts); d != "" {
		t.Error(d)
	}
}

func TestNoEngineSaysWhereItLooked(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "none.sock")
	_, err := Connect(t.Context(), environment(map[string]string{"DOCKER_HOST": "unix://" + socket}))
	if err == nil || !strings.Contains(err.Error(), socket) || !strings.Contains(err.Error(), "DOCKER_HOST") {
		t.Errorf("got %v, expected the socket and DOCKER_HOST in it", err)
	}
	_, err = Connect(t.Context(), environment(map[string]string{"DOCKER_HOST": "ssh://host"}))
	if err == nil || !strings.Contains(err.Error(), "ssh -L") {
		t.Errorf("got %v, expected what to do about ssh", err)
	}
}
