package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestCandidates(t *testing.T) {
	for name, test := range map[string]struct {
		getenv func(string) string
		only   string
		want   []string
	}{
		"named":           {environment("DOCKER_HOST", "tcp://a:1"), "unix:///b", []string{"unix:///b"}},
		"DOCKER_HOST":     {environment("DOCKER_HOST", "tcp://a:1"), "", []string{"tcp://a:1"}},
		"default context": {environment("DOCKER_CONTEXT", "default"), "", []string{"unix:///var/run/docker.sock", "unix:///run/podman/podman.sock"}},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := candidates(test.getenv, test.only)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range all {
				got = append(got, e.Host)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("candidates (-want +got):\n%s", diff)
			}
		})
	}
}

// serve answers /version on a unix socket and returns its address.
func serve(t *testing.T, version string) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/version" {
			w.Write([]byte(version))
		}
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return "unix://" + socket
}

func TestRun(t *testing.T) {
	engine := serve(t, `{"ApiVersion": "1.41"}`)
	other := serve(t, `<html>not an engine</html>`)
	absent := "unix://" + filepath.Join(t.TempDir(), "absent")

	for name, test := range map[string]struct {
		host, stdout, stderr string
		args                 []string
		code                 int
	}{
		"answers":            {host: engine, stdout: engine + "\n"},
		"is something else":  {host: other, stderr: "not as a container engine", code: 1},
		"is not there":       {host: absent, stderr: "no such file", code: 1},
		"cannot be reached":  {host: "ssh://host", stderr: "expected unix:// or tcp://", code: 1},
		"is only listed":     {host: absent, args: []string{"-list"}, stdout: absent + "\n"},
		"another is named":   {host: absent, args: []string{"-at", engine}, stdout: engine + "\n"},
		"bad flag":           {args: []string{"-nonsense"}, stderr: "nonsense", code: 2},
		"socket is accepted": {args: []string{"-dial", strings.TrimPrefix(engine, "unix://")}},
		"socket is not":      {args: []string{"-dial", strings.TrimPrefix(absent, "unix://")}, stderr: "no such file", code: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(context.Background(), environment("DOCKER_HOST", test.host), &stdout, &stderr, test.args)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if stdout.String() != test.stdout {
				t.Errorf("stdout %q, want %q", stdout.String(), test.stdout)
			}
			if !strings.Contains(stderr.String(), test.stderr) || test.stderr == "" && stderr.Len() > 0 {
				t.Errorf("stderr %q, want %q in it", stderr.String(), test.stderr)
			}
		})
	}
}
