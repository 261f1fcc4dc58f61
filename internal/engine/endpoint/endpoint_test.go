package endpoint

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
	got, err := List(environment(map[string]string{
		"DOCKER_HOST": "tcp://10.0.0.1:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs", "DOCKER_CONTEXT": "ignored",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := []Endpoint{{Host: "tcp://10.0.0.1:2376", Source: "DOCKER_HOST", Certs: "/certs"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestCertificates(t *testing.T) {
	for want, vars := range map[string]map[string]string{
		"":           {"DOCKER_CERT_PATH": "/c"},
		"/c":         {"DOCKER_CERT_PATH": "/c", "DOCKER_TLS": "1"},
		"/h/.docker": {"HOME": "/h", "DOCKER_TLS_VERIFY": "1"},
		"/d":         {"HOME": "/h", "DOCKER_CONFIG": "/d", "DOCKER_TLS_VERIFY": "1"},
	} {
		if got := At(environment(vars), "tcp://a:1", "").Certs; got != want {
			t.Errorf("with %v they are in %q, want %q", vars, got, want)
		}
		if got := At(environment(vars), "unix:///a", "").Certs; got != "" {
			t.Errorf("a socket has certificates in %q", got)
		}
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
		got, err := List(environment(map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": c.context}))
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("context %q: error %v, expected %q in it", c.context, err, c.err)
			}
			continue
		}
		if err != nil || len(got) != 1 || got[0].Host != c.host {
			t.Errorf("context %q: %+v, %v; expected %s", c.context, got, err, c.host)
		}
	}
}

func TestUsualSockets(t *testing.T) {
	got, err := List(environment(map[string]string{"DOCKER_CONFIG": t.TempDir(), "XDG_RUNTIME_DIR": "/run/user/7", "HOME": "/home/u"}))
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, e := range got {
		hosts = append(hosts, e.Host)
	}
	want := []string{"unix:///var/run/docker.sock", "unix:///run/user/7/docker.sock", "unix:///run/user/7/podman/podman.sock",
		"unix:///home/u/.docker/run/docker.sock", "unix:///home/u/.colima/default/docker.sock", "unix:///run/podman/podman.sock"}
	if d := cmp.Diff(want, hosts); d != "" {
		t.Error(d)
	}
}
