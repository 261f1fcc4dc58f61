package engine_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/engine/enginetest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// sleeper stands in a site and does nothing by itself.
func sleeper(t *testing.T, c *engine.Client, s *engine.Site, as engine.Joining, mounts ...engine.Mount) *engine.Dependency {
	t.Helper()
	d, err := s.Start(t.Context(), engine.DependencySpec{
		Image: enginetest.Image(t, c, "tools").ID, Entrypoint: []string{"sleep", "600"},
		Limits: record.Limits{PIDs: 100, Memory: 64 << 20}, Joining: as, Further: engine.Further{Mounts: mounts},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func says(t *testing.T, d *engine.Dependency, command ...string) (int, string) {
	t.Helper()
	code, output, err := d.Exec(t.Context(), command)
	if err != nil {
		t.Fatal(err)
	}
	return code, strings.Join(output, "\n")
}

func newSite(t *testing.T, c *engine.Client, volumes ...string) *engine.Site {
	t.Helper()
	run := enginetest.Run(t, c, engine.Programs{Agent: []byte("x"), Launcher: []byte("x")})
	s, err := run.NewSite(t.Context(), volumes)
	if err != nil {
		t.Fatal(err)
	}
	return s // closed with its run, which must find all of it by its labels
}

// Those in a site reach each other by name, and nothing else: neither the host
// nor any name server.
func TestASiteIsAnIsland(t *testing.T) {
	c := enginetest.Connect(t)
	s := newSite(t, c, "shared")
	shared := engine.Mount{Volume: "shared", Target: "/shared"}
	db := sleeper(t, c, s, engine.Joining{Aliases: []string{"db", "database"}}, shared)
	app := sleeper(t, c, s, engine.Joining{Aliases: []string{"app"}, Hostname: "app.local", ExtraHosts: []string{"far:10.1.2.3"}}, shared, engine.Mount{Target: "/own"})
	for name, want := range map[string]int{"db": 0, "database": 0, "app": 0, "far": 0, "nowhere.example": 2} {
		began := time.Now()
		if code, text := says(t, app, "getent", "hosts", name); code != want {
			t.Errorf("getent hosts %s ends with %d, want %d: %s", name, code, want, text)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("to look up %s took %v", name, took)
		}
	}
	if _, text := says(t, app, "hostname"); text != "app.local" {
		t.Errorf("it is called %q", text)
	}
	if code, text := says(t, db, "sh", "-c", "echo hello >/shared/file"); code != 0 {
		t.Fatal(text)
	}
	if code, text := says(t, app, "cat", "/shared/file"); code != 0 || text != "hello" {
		t.Errorf("the shared volume holds %q", text)
	}
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if _, err := listener.Accept(); err == nil {
			t.Error("somebody reached the host")
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	for _, address := range hostAddresses(t) {
		if code, text := says(t, app, "timeout", "5", "bash", "-c", "exec 3<>/dev/tcp/"+address+"/"+port); code == 0 {
			t.Errorf("%s, an address of the host, was reached: %s", address, text)
		}
	}
	// Its gateway, by the name the routing table gives it.
	gateway := `g=$(awk '$2 == "00000000" { print $3 }' /proc/net/route); [ -z "$g" ] && exit 1
		exec 3<>/dev/tcp/$((16#${g:6:2})).$((16#${g:4:2})).$((16#${g:2:2})).$((16#${g:0:2}))/` + port
	if code, text := says(t, app, "timeout", "5", "bash", "-c", gateway); code == 0 {
		t.Errorf("the gateway was reached: %s", text)
	}
}

// hostAddresses are the IPv4 addresses of this machine, without loopback.
func hostAddresses(t *testing.T) []string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && !ip.IP.IsLoopback() {
			found = append(found, ip.IP.String())
		}
	}
	return found
}

func TestASiteIsClosedByItself(t *testing.T) {
	c := enginetest.Connect(t)
	run := enginetest.Run(t, c, engine.Programs{Agent: []byte("x"), Launcher: []byte("x")})
	before := len(enginetest.Left(t, run.ID))
	s, err := run.NewSite(t.Context(), []string{"data"})
	if err != nil {
		t.Fatal(err)
	}
	sleeper(t, c, s, engine.Joining{}, engine.Mount{Target: "/anonymous"})
	if got := len(enginetest.Left(t, run.ID)); got < before+3 {
		t.Errorf("a site is %d things, expected a network, a volume and a container", got-before)
	}
	for range 2 {
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if got := enginetest.Left(t, run.ID); len(got) != before {
		t.Errorf("it left %v", got)
	}
}

// An interrupt while a site is made or filled leaves nothing that its clean-up
// does not find.
func TestAnInterruptedSiteIsRemoved(t *testing.T) {
	c := enginetest.Connect(t)
	run := enginetest.Run(t, c, engine.Programs{Agent: []byte("x"), Launcher: []byte("x")})
	before := len(enginetest.Left(t, run.ID))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := run.NewSite(ctx, []string{"data"}); err == nil {
		t.Error("a site was made after an interrupt")
	}
	if got := enginetest.Left(t, run.ID); len(got) != before {
		t.Errorf("it left %v", got)
	}
}
