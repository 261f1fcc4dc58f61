package programs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pack packs two files as a release does.
func pack(t *testing.T, agent, launcher string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range map[string]string{"a": agent, "l": launcher} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "out")
	command := exec.Command("go", "run", "../../../scripts/packprograms", out, filepath.Join(dir, "a"), filepath.Join(dir, "l"))
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	packed, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(packed)
}

func TestWhatIsPackedIsUnpacked(t *testing.T) {
	agent, launcher := strings.Repeat("agent ", 3<<20), "launcher"
	packed := pack(t, agent, launcher)
	got, err := unpack(packed)
	if err != nil || string(got.Agent) != agent || string(got.Launcher) != launcher {
		t.Fatalf("%d and %d bytes, %v", len(got.Agent), len(got.Launcher), err)
	}
	if again := pack(t, agent, launcher); again != packed {
		t.Error("the same programs were packed into other bytes")
	}
	for name, bad := range map[string]string{"nothing": "", "cut": packed[:len(packed)-9], "no archive": "agent"} {
		if _, err := unpack(bad); err == nil {
			t.Errorf("%s: unpacked", name)
		}
	}
}
