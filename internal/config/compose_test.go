package config_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/template"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/golden"
)

func lookup(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
}

func compose(t *testing.T, file, service string) (config.Compose, error) {
	t.Helper()
	src, err := os.ReadFile("testdata/compose/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return config.ParseCompose(file, src, service, lookup(map[string]string{"FROM_HERE": "hello", "UNRELATED": "x"}))
}

func TestComposeIsReadInFull(t *testing.T) {
	got, err := compose(t, "full.yml", "web")
	if err != nil {
		t.Fatal(err)
	}
	web := config.Container{
		Name: "web", Hostname: "web.local", Aliases: []string{"shop"},
		Environment: map[string]string{"MODE": "test", "EMPTY": "", "FROM_HERE": "hello", "DATABASE_URL": "postgres://shop:secret@db/?x=$1"},
		EnvFiles:    []config.ComposeEnvFile{{Path: "common.env"}, {Path: "local.env", Optional: true}},
		Command:     []string{"serve", "--port", "8080"}, User: "1000", Directory: "/srv",
		ExtraHosts: []string{"license.example:10.1.2.3"},
		Volumes:    []config.Volume{{Name: "uploads", Target: "/uploads", ReadOnly: true}, {Target: "/scratch"}},
		Tmpfs:      []string{"/run:size=1048576", "/tmp"}, StopSignal: "SIGINT", StopTimeout: 3,
		Health: &config.Health{Test: []string{"CMD-SHELL", "curl localhost"}},
		Needs:  []config.Need{{Service: "db", Condition: config.Healthy}, {Service: "migrate", Condition: config.Completed}},
	}
	db := config.Container{
		Name: "db", Image: "postgres:17", Aliases: []string{"database", "shop-db"},
		Environment: map[string]string{"POSTGRES_PASSWORD": "x=y", "FROM_HERE": "hello"},
		Volumes:     []config.Volume{{Name: "db-data", Target: "/var/lib/postgresql/data"}},
		Shm:         256 << 20, Init: true, DropAll: true, Add: []string{"CHOWN"},
		Ulimits: []config.Ulimit{{Name: "nofile", Soft: 1024, Hard: 1024}, {Name: "nproc", Soft: 10, Hard: 20}},
		Health: &config.Health{Test: []string{"CMD-SHELL", "pg_isready -U shop"}, Interval: time.Second, Timeout: 2 * time.Second,
			StartPeriod: 10 * time.Second, Retries: 5},
	}
	db.Limits.Memory, db.Limits.CPUs = 512<<20, 0.5
	migrate := config.Container{
		Name: "migrate", Image: "shop/migrate", Environment: map[string]string{}, Entrypoint: []string{}, Command: []string{"migrate", "up"},
		Sysctls: map[string]string{"net.core.somaxconn": "1024"}, Needs: []config.Need{{Service: "db", Condition: config.Started}},
	}
	want := config.Compose{Service: web, Dependencies: []config.Container{db, migrate}, Notes: []string{
		"service web: the ports are not published on the host: the others reach all of them",
		"service web: its health check is not used: `ready` says when the image under test is ready",
		"the variable NAME is not set: it was read as empty",
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// What is wrong with the services that are needed is told at once, and nothing
// of the others.
func TestComposeRefusals(t *testing.T) {
	got, err := compose(t, "refused.yml", "web")
	if err == nil {
		t.Fatalf("accepted as %+v", got)
	}
	golden.Compare(t, "testdata/compose/refused.txt", err.Error()+"\n")
}

func TestComposeWithoutDependsOnStartsTheOthers(t *testing.T) {
	const file = `services:
  web: {image: a}
  proxy: {image: b, depends_on: [web]}
  admin: {image: c, depends_on: {proxy: {condition: service_started}}}
  debug: {image: d, profiles: [debug]}
  db: {image: e}
`
	got, err := config.ParseCompose("c.yml", []byte(file), "web", lookup(nil))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Dependencies) != 1 || got.Dependencies[0].Name != "db" || !strings.Contains(strings.Join(got.Notes, ""), `no "depends_on"`) {
		t.Errorf("started: %+v, notes %q", got.Dependencies, got.Notes)
	}
}

func TestComposeServiceIsNamed(t *testing.T) {
	_, err := config.ParseCompose("c.yml", []byte("services: {wep: {image: a}}"), "web", lookup(nil))
	if err == nil || !strings.Contains(err.Error(), `c.yml:1:11: there is no service "web" here, expected one of "wep"; did you mean "wep"?`) {
		t.Error(err)
	}
}

// Neither an error nor the line below it shows a variable of a container.
func TestComposeHidesValues(t *testing.T) {
	const file = "services:\n  web:\n    environment:\n      - A=hunter2\n      - {hunter2: 1}\n      - =hunter2\n    env_fil: x\n"
	_, err := config.ParseCompose("c.yml", []byte(file), "web", lookup(nil))
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "env_fil") {
		t.Error(err)
	}
}

// What compose-go, the reference, makes of a well-formed value.
func TestInterpolationIsThatOfCompose(t *testing.T) {
	values := map[string]string{"A": "a", "EMPTY": ""}
	rapid.Check(t, func(t *rapid.T) {
		text := templates(3).Draw(t, "text")
		want, wantErr := template.SubstituteWithOptions(text, lookup(values), template.WithoutLogging)
		src := "services: {web: {image: i, environment: {V: '" + text + "'}}}"
		got, err := config.ParseCompose("c.yml", []byte(src), "web", lookup(values))
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, compose says %q, %v", text, err, want, wantErr)
		}
		if err == nil && got.Service.Environment["V"] != want {
			t.Fatalf("%q is %q, compose says %q", text, got.Service.Environment["V"], want)
		}
	})
}

// templates are values with variables in them, nested so deep.
func templates(depth int) *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{"x", " ", "$A", "${A}", "${EMPTY}", "$UNSET", "1", "/", "$ ", "=$A"})
	if depth == 0 {
		return piece
	}
	nested := rapid.Custom(func(t *rapid.T) string {
		name := rapid.SampledFrom([]string{"A", "EMPTY", "UNSET"}).Draw(t, "name")
		operator := rapid.SampledFrom([]string{":-", "-", ":+", "+", ":?", "?"}).Draw(t, "operator")
		return "${" + name + operator + templates(depth-1).Draw(t, "text") + "}"
	})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(piece, piece, nested), 0, 3).Draw(t, "pieces"), "")
	})
}

func FuzzCompose(f *testing.F) {
	for _, name := range []string{"full.yml", "refused.yml"} {
		src, err := os.ReadFile("testdata/compose/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := config.ParseCompose("c.yml", src, "web", lookup(map[string]string{"A": "${A}"}))
		if err == nil && got.Service.Name != "web" {
			t.Errorf("no error, and the service %+v", got.Service)
		}
	})
}
