package analyze

import (
	"os"
	"path/filepath"
	"testing"
)

// An image that names no platform can be read, unless one is asked for.
func TestImageWithoutPlatform(t *testing.T) {
	f := newFixture(t, "app:1", Platform{}, layerTar(t, fileOf("a", 7)))
	file := filepath.Join(t.TempDir(), "saved.tar")
	if err := os.WriteFile(file, legacy(t, f), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Open(t.Context(), mustParse(t, "docker-archive:"+file), Options{})
	if err != nil || got.Platform != (Platform{}) || got.Stored != 7 {
		t.Errorf("platform %q, %d bytes, %v", got.Platform, got.Stored, err)
	}
	_, err = Open(t.Context(), mustParse(t, "docker-archive:"+file), Options{Platform: amd64})
	checkError(t, "wanted", err, "image does not say which platform it is for, wanted linux/amd64")
}
