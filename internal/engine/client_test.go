package engine

import (
	"path/filepath"
	"strings"
	"testing"
)

func environment(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
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
