package app_test

import (
	"os"
	"path/filepath"
	"testing"
)

// Neither do dependencies stay when they are interrupted at their start, nor do
// their networks and volumes.
func (r *rig) interruptWhileDependenciesStart(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"compose.yml": `
services:
  web: {depends_on: {db: {condition: service_healthy}}}
  cache: {image: plimsoll.test/shop, command: redis-server}
  db:
    image: plimsoll.test/shop
    command: postgres
    volumes: [data:/data]
    depends_on: [cache]
    healthcheck: {test: "false"}
volumes: {data: }
`,
		"plimsoll.yml": "services: [{name: web, image: plimsoll.test/shop, compose: compose.yml}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for moment, n := range map[string]int{"create dependency": 1, "start dependency": 2} {
		t.Run(moment, func(t *testing.T) {
			p := r.start(t, "measure", "-c", filepath.Join(dir, "plimsoll.yml"))
			p.await(t, moment, n)
			if err := p.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if code := p.ends(t); code != 130 {
				t.Errorf("exit code %d\n%s", code, p.stderr.String())
			}
		})
	}
}
