package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// seven is a program whose exit code tells that it, and nothing else, was run.
const seven = "#!/bin/sh\nexit 7\n"

// actionOf makes a checkout of the Action with this release.json.
func actionOf(t *testing.T, table string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "action"), os.DirFS(filepath.Join(githubtest.ModuleRoot(t), "action"))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "action", "release.json"), []byte(table), 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}

// released is a checkout whose release is at an address and has the hash of body.
func released(t *testing.T, address, body string) string {
	t.Helper()
	return actionOf(t, fmt.Sprintf(`{"version": "v1.2.3", "download": %q, "sha256": {"linux-amd64": %q, "linux-arm64": %[2]q}}`,
		address+"/plimsoll-action-{name}", sha(body)))
}

func sha(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// downloads answers with the given handlers in their order, and with the last
// one from then on.
type downloads struct {
	*httptest.Server
	hits atomic.Int64
}

func serve(t *testing.T, answers ...http.HandlerFunc) *downloads {
	t.Helper()
	d := &downloads{}
	d.Server = httptest.NewServer(d.handler(answers))
	t.Cleanup(d.Close)
	return d
}

func (d *downloads) handler(answers []http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hit := int(d.hits.Add(1))
		if r.URL.Path != "/plimsoll-action-linux-amd64" && r.URL.Path != "/plimsoll-action-linux-arm64" {
			http.NotFound(w, r)
			return
		}
		answers[min(hit, len(answers))-1](w, r)
	})
}

func give(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
}

func refuse(status int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
	}
}

// cutOff promises the whole body and ends the connection in its middle.
func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", fmt.Sprint(len(seven)))
	io.WriteString(w, seven[:5])
	panic(http.ErrAbortHandler)
}

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// tool is where the tool cache has the program.
func (s *shim) tool(body string) string {
	return filepath.Join(s.dir, "tools", "plimsoll", sha(body), "plimsoll-action")
}

func (s *shim) wants(code int, texts ...string) {
	s.t.Helper()
	if got := s.run("main.mjs"); got != code {
		s.t.Errorf("exit code %d, want %d:\n%s", got, code, s.printed.String())
	}
	for _, text := range texts {
		if !strings.Contains(s.printed.String(), text) {
			s.t.Errorf("printed %q, want %q", s.printed.String(), text)
		}
	}
	if strings.Contains(s.printed.String(), "node:internal") {
		s.t.Errorf("a stack was printed:\n%s", s.printed.String())
	}
}

func TestShimRunsTheReleaseAndKeepsIt(t *testing.T) {
	t.Parallel()
	server := serve(t, give(seven))
	s := newShim(t, released(t, server.URL, seven))
	for range 2 {
		s.wants(7)
	}
	if hits := server.hits.Load(); hits != 1 {
		t.Errorf("%d downloads, want 1", hits)
	}
	for name, spoil := range map[string]func(path string) error{
		"other bytes":       func(path string) error { return os.WriteFile(path, []byte("#!/bin/sh\nexit 66\n"), 0o755) },
		"cut short":         func(path string) error { return os.Truncate(path, 3) },
		"not executable":    func(path string) error { return os.Chmod(path, 0o644) },
		"a directory of it": func(path string) error { return os.Remove(path) },
	} {
		if err := spoil(s.tool(seven)); err != nil {
			t.Fatal(err)
		}
		before := server.hits.Load()
		s.wants(7)
		if hits := server.hits.Load() - before; hits != 1 {
			t.Errorf("%s: %d downloads, want another one", name, hits)
		}
	}
}

// Another job may have put something else in the program's place meanwhile.
func TestShimCleansUpWithTheSameProgram(t *testing.T) {
	t.Parallel()
	const telling = "#!/bin/sh\necho \"ran with $*\"\n"
	server := serve(t, give(telling))
	s := newShim(t, released(t, server.URL, telling))
	s.wants(0)
	if code := s.run("post.mjs", s.stateEnv()...); code != 0 || !strings.Contains(s.printed.String(), "ran with cleanup --run "+s.state()["run"]) {
		t.Errorf("exit code %d, printed %q", code, s.printed.String())
	}
	if err := os.WriteFile(s.tool(telling), []byte("#!/bin/sh\necho stolen\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.printed.Reset()
	if code := s.run("post.mjs", s.stateEnv()...); code != 0 || strings.Contains(s.printed.String(), "stolen") || !strings.Contains(s.printed.String(), "::warning title=plimsoll::") {
		t.Errorf("exit code %d, printed %q", code, s.printed.String())
	}
}

func TestShimRefusesAnotherRelease(t *testing.T) {
	t.Parallel()
	server := serve(t, give("#!/bin/sh\nexit 0\n"))
	s := newShim(t, released(t, server.URL, "what was reviewed"))
	s.wants(2, "nothing was run", sha("what was reviewed"), sha("#!/bin/sh\nexit 0\n"))
	if left, _ := filepath.Glob(filepath.Join(s.dir, "*", "plimsoll")); len(left) > 0 {
		t.Errorf("kept %q", left)
	}
}

func TestShimTriesAgain(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string][]http.HandlerFunc{
		"server errors":    {refuse(503), refuse(500), give(seven)},
		"too many at once": {refuse(429, "Retry-After", "1"), give(seven)},
		"cut off":          {cutOff, give(seven)},
		"hangs":            {hang, give(seven)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, answers...)
			newShim(t, released(t, server.URL, seven), "PLIMSOLL_DOWNLOAD_SECONDS=1").wants(7)
			if hits := server.hits.Load(); hits != int64(len(answers)) {
				t.Errorf("%d requests, want %d", hits, len(answers))
			}
		})
	}
}

func TestShimGivesUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		hits   int64
		want   string
	}{
		"server errors": {refuse(502), 3, "try 3 of 3: HTTP 502"},
		"not found":     {refuse(404), 1, "try 1 of 3: HTTP 404"},
		"not allowed":   {refuse(403), 1, "try 1 of 3: HTTP 403"},
		"hangs":         {hang, 3, "try 3 of 3: not complete after 1 s"},
		"cut off":       {cutOff, 3, "try 3 of 3: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, c.answer)
			newShim(t, released(t, server.URL, seven), "PLIMSOLL_DOWNLOAD_SECONDS=1").
				wants(2, "::error title=plimsoll::download "+server.URL, c.want)
			if hits := server.hits.Load(); hits != c.hits {
				t.Errorf("%d requests, want %d", hits, c.hits)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		server := serve(t, give(seven))
		server.Close()
		newShim(t, released(t, server.URL, seven)).wants(2, "try 3 of 3: ECONNREFUSED")
	})
}

// A tool cache may be read-only, or not there at all.
func TestShimWithoutAToolCache(t *testing.T) {
	t.Parallel()
	server := serve(t, give(seven))
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o444); err != nil {
		t.Fatal(err)
	}
	s := newShim(t, released(t, server.URL, seven), "RUNNER_TOOL_CACHE="+file)
	for range 2 {
		s.wants(7)
	}
	if hits := server.hits.Load(); hits != 1 {
		t.Errorf("%d downloads in one job, want 1", hits)
	}
	newShim(t, released(t, server.URL, seven), "RUNNER_TOOL_CACHE=").wants(7)
	newShim(t, released(t, server.URL, seven), "RUNNER_TOOL_CACHE="+file, "RUNNER_TEMP="+file).
		wants(2, "::error title=plimsoll::keep the program that was downloaded: ENOTDIR")
}

// Two jobs of one machine start at the same time.
func TestShimsBesideEachOther(t *testing.T) {
	t.Parallel()
	server := serve(t, give(seven))
	root, tools := released(t, server.URL, seven), t.TempDir()
	var jobs sync.WaitGroup
	for range 6 {
		s := newShim(t, root, "RUNNER_TOOL_CACHE="+tools)
		jobs.Go(func() { s.wants(7) })
	}
	jobs.Wait()
	files, err := filepath.Glob(filepath.Join(tools, "plimsoll", sha(seven), "*"))
	if err != nil || len(files) != 1 {
		t.Errorf("the tool cache has %q, %v, want the program and nothing else", files, err)
	}
}

// proxy lets everything through, wherever it was addressed, to one server.
func proxy(t *testing.T, to *downloads) (address string, used *atomic.Int64) {
	t.Helper()
	used = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		used.Add(1)
		if r.Method != http.MethodConnect { // plain, with the whole address
			to.Config.Handler.ServeHTTP(w, r)
			return
		}
		there, err := net.Dial("tcp", to.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		here, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(there, here); there.Close() }()
		io.Copy(here, there)
		here.Close()
	}))
	t.Cleanup(server.Close)
	return server.URL, used
}

// A runner behind a proxy needs no setting for node: the usual ones are enough.
func TestShimGoesThroughAProxy(t *testing.T) {
	t.Parallel()
	server := serve(t, give(seven))
	address, used := proxy(t, server)
	for _, variable := range []string{"HTTP_PROXY", "http_proxy"} {
		before := used.Load()
		newShim(t, released(t, "http://release.invalid", seven), variable+"="+address).wants(7)
		if used.Load() == before {
			t.Errorf("%s was not used", variable)
		}
	}
	before := used.Load()
	newShim(t, released(t, server.URL, seven), "HTTP_PROXY="+address, "NO_PROXY=127.0.0.1").wants(7)
	if used.Load() != before {
		t.Error("NO_PROXY did not count")
	}
	newShim(t, released(t, "http://release.invalid", seven), "HTTP_PROXY="+address, "NODE_USE_ENV_PROXY=0").wants(2, "try 3 of 3")
}

// So does one whose certificate authority only the system knows; and nobody else is trusted.
func TestShimTrustsTheSystemsAuthorities(t *testing.T) {
	t.Parallel()
	d := &downloads{}
	d.Server = httptest.NewUnstartedServer(d.handler([]http.HandlerFunc{give(seven)}))
	d.Config.ErrorLog = log.New(io.Discard, "", 0) // it is about the second step, which is right
	d.StartTLS()
	t.Cleanup(d.Close)
	authority := filepath.Join(t.TempDir(), "authority.pem")
	raw := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d.Certificate().Raw})
	if err := os.WriteFile(authority, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	newShim(t, released(t, d.URL, seven), "SSL_CERT_FILE="+authority).wants(7)
	newShim(t, released(t, d.URL, seven)).wants(2, "CERT")
}

// What every step of every user loads can be read in a few minutes.
func TestShimIsSmallAndStandsAlone(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join(githubtest.ModuleRoot(t), "action", "*.mjs"))
	if err != nil || len(scripts) < 3 {
		t.Fatalf("%q, %v", scripts, err)
	}
	size := 0
	for _, script := range scripts {
		raw, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		size += len(raw)
		for _, found := range regexp.MustCompile(`(?:from|import|require)\s*\(?\s*['"]([^'"]+)['"]`).FindAllStringSubmatch(string(raw), -1) {
			if !strings.HasPrefix(found[1], "node:") && !strings.HasPrefix(found[1], "./") {
				t.Errorf("%s imports %s", filepath.Base(script), found[1])
			}
		}
	}
	if size >= 10_000 {
		t.Errorf("the scripts have %d bytes, want less than 10,000", size)
	}
}
