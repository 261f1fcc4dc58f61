package analyze

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	registrytest "github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
)

// memory answers requests without a network, so that tests own the clock.
type memory struct{ http.Handler }

func (m memory) RoundTrip(req *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	received := req.Clone(req.Context())
	if received.Body == nil {
		received.Body = http.NoBody // as servers are promised
	}
	m.ServeHTTP(rec, received)
	resp := rec.Result()
	resp.Request = req
	if broken, ok := rec.Header()["Breaks"]; ok {
		return nil, fmt.Errorf("%s: %w", broken[0], io.ErrUnexpectedEOF)
	}
	return resp, req.Context().Err()
}

// shelf is a registry in memory, filled by somebody else's code.
func shelf(t testing.TB, fill map[string]remote.Taggable) http.Handler {
	t.Helper()
	h := registrytest.New(registrytest.Logger(log.New(io.Discard, "", 0)))
	for to, what := range fill {
		tag, err := name.NewTag(to)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Push(tag, what, remote.WithTransport(memory{h})); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// over is a wire to h with everything else as it is for users.
func over(h http.Handler, keys authn.Keychain) wire {
	w := newWire()
	w.next, w.keys = memory{h}, keys
	return w
}

type nobody struct{}

func (nobody) Resolve(authn.Resource) (authn.Authenticator, error) { return authn.Anonymous, nil }

// user has the same credentials for every registry.
type user struct{ name, password string }

func (u user) Resolve(authn.Resource) (authn.Authenticator, error) {
	return &authn.Basic{Username: u.name, Password: u.password}, nil
}

const remoteHead = "registry.example/team/app:head"

// fetchAll resolves an image and reads all its layers through, as Open does.
func fetchAll(ctx context.Context, w wire, ref Reference, opts Options) ([][]byte, error) {
	opts.Limits = opts.Limits.withDefaults()
	found, err := resolveOver(ctx, w, ref, opts)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for i, d := range found.layers {
		in, err := found.from.open(ctx, d)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", layerName(i, d.Digest.String()), err)
		}
		raw, err := io.ReadAll(in)
		in.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", layerName(i, d.Digest.String()), err)
		}
		if digestBytes(raw) != d.Digest.String() {
			return nil, fmt.Errorf("%s: content hashes to %s", layerName(i, d.Digest.String()), digestBytes(raw))
		}
		out = append(out, raw)
	}
	return out, nil
}

// nth does something to the n-th request whose URL has part in it, from 1.
// After that the registry is well.
func nth(h http.Handler, part string, n int, do http.HandlerFunc) http.Handler {
	seen := 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, part) {
			if seen++; seen == n {
				do(w, r)
				return
			}
		}
		h.ServeHTTP(w, r)
	})
}

func always(h http.Handler, part string, do http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, part) {
			do(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func says(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

func breaks(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Breaks", "connection") }

// What a registry may answer, what becomes of it, and how long that takes: the
// clock is synctest's.
func TestRegistryAnswers(t *testing.T) {
	_, head := pair(t)
	well := shelf(t, map[string]remote.Taggable{remoteHead: head.image(t, gzipped)})
	const denied = `{"errors":[{"code":"DENIED","message":"requested access\nto the \u001b[31mresource is denied"}]}`
	for _, c := range []struct {
		what string
		h    http.Handler
		keys authn.Keychain
		want string // part of the error, "" for none
		took time.Duration
	}{
		{"well", well, nobody{}, "", 0},
		{"wants credentials", always(well, "/manifests/", says(401, "")), nobody{},
			"not authorised: registry.example wants credentials (401 Unauthorized) and the Docker configuration has none for it: run `docker login registry.example`", 0},
		{"refuses credentials", always(well, "/manifests/", says(403, denied)), user{"u", "p"},
			"not authorised: registry.example refused the credentials of the Docker configuration (403 Forbidden; DENIED: requested access to the  [31mresource is denied): run `docker login registry.example` again, or get the right to pull team/app", 0},
		{"refuses at the door", always(well, "/v2/", status(403)), user{"u", "p"}, "not authorised: registry.example refused the credentials", 0},
		{"no such tag", always(well, "/manifests/", says(404, `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}`)), nobody{},
			"registry.example has no such image (404 Not Found; MANIFEST_UNKNOWN: manifest unknown): check its name and tag", 0},
		{"lost a layer", nth(well, "/blobs/", 3, status(404)), nobody{},
			"layer 2 (sha256:" + hashOf(gzipped(t, head.layers[1])).Hex[:12] + "): registry.example does not have the blob any more (404 Not Found): push the image again", 0},
		{"busy once", nth(well, "/manifests/", 1, status(429)), nobody{}, "", 250 * time.Millisecond},
		{"busy and says how long", nth(well, "/manifests/", 1, status(429, "Retry-After", "7")), nobody{}, "", 7 * time.Second},
		{"busy until a date", nth(well, "/blobs/", 2, func(w http.ResponseWriter, _ *http.Request) {
			status(429, "Retry-After", time.Now().Add(9*time.Second).UTC().Format(http.TimeFormat))(w, nil)
		}), nobody{}, "", 9 * time.Second},
		{"busy for an hour", always(well, "/blobs/", status(429, "Retry-After", "3600")), nobody{},
			"registry.example takes no more requests for now (429 Too Many Requests): log in, or try again in 1h0m0s", 0},
		{"busy for ever", always(well, "/manifests/", status(429, "Retry-After", "99999999999999")), nobody{}, "try again in 596523h14m7s", 0},
		{"busy without end", always(well, "/manifests/", says(429, `{"errors":[{"code":"TOOMANYREQUESTS","message":"pull rate limit"}]}`)), nobody{},
			"(429 Too Many Requests; TOOMANYREQUESTS: pull rate limit): log in, or try again later", 4250 * time.Millisecond},
		{"broken for a moment", nth(nth(well, "/blobs/", 2, status(500)), "/blobs/", 2, status(503)), nobody{}, "", 1250 * time.Millisecond},
		{"broken", always(well, "/manifests/", says(500, "<html>"+strings.Repeat("x", 9000))), nobody{},
			"registry.example answered 500 Internal Server Error", 4250 * time.Millisecond},
		{"broken at the door", always(well, "/v2/", status(503)), nobody{}, "registry.example answered 503 Service Unavailable", 4250 * time.Millisecond},
		{"drops the connection once", nth(well, "/manifests/", 1, breaks), nobody{}, "", 250 * time.Millisecond},
		{"drops every connection", always(well, "/v2/", breaks), nobody{}, "ask registry.example: connection: unexpected EOF", 4250 * time.Millisecond},
		{"an error we do not know", always(well, "/manifests/", status(418)), nobody{}, "registry.example answered 418 I'm a teapot", 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// HTTP dates have no fractions of a second; the clock starts at a full one.
				start := time.Now()
				layers, err := fetchAll(t.Context(), over(c.h, c.keys), mustParse(t, "docker://"+remoteHead), Options{})
				checkError(t, c.what, err, c.want)
				if took := time.Since(start); took != c.took {
					t.Errorf("took %s, want %s", took, c.took)
				}
				if err == nil && len(layers) != 3 {
					t.Errorf("got %d layers", len(layers))
				}
				if err != nil && len(err.Error()) > 500 {
					t.Errorf("the message has %d bytes", len(err.Error()))
				}
			})
		})
	}
}

// half sends only the bytes of a blob up to where, but announces them all.
func half(h http.Handler, where int64, ranges bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !ranges {
			r.Header.Del("Range")
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		raw := rec.Body.Bytes()
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(raw[:min(int64(len(raw)), where)])
	}
}

func TestRegistryBlobsThatBreak(t *testing.T) {
	big := newFixture(t, "app:head", amd64, layerTar(t, fileOf("a", 5<<20)))
	well := shelf(t, map[string]remote.Taggable{remoteHead: big.image(t, asIs)})
	layer := "/blobs/" + hashOf(big.layers[0]).String()
	var asked []string
	watch := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, layer) {
				asked = append(asked, r.Header.Get("Range"))
			}
			h.ServeHTTP(w, r)
		})
	}
	name := "layer 1 (sha256:" + hashOf(big.layers[0]).Hex[:12] + "): "
	for _, c := range []struct {
		what  string
		h     http.Handler
		want  string
		asked []string
	}{
		{"well", well, "", []string{""}},
		{"cut once", nth(well, layer, 1, half(well, 1000, true)), "", []string{"", "bytes=1000-5244415"}},
		{"cut once, no ranges", nth(ignoresRanges(well), layer, 1, half(well, 1000, false)), "", []string{"", "bytes=1000-5244415"}},
		{"cut every 2 MiB", always(well, layer, half(well, 2<<20, true)), "", []string{"", "bytes=2097152-5244415", "bytes=4194304-5244415"}},
		{"cut every 100 bytes", always(well, layer, half(well, 100, true)),
			name + "unexpected EOF: cut short after 400 of " + fmt.Sprint(len(big.layers[0])) + " bytes, and so it was on every of 3 attempts to go on from there",
			[]string{"", "bytes=100-5244415", "bytes=200-5244415", "bytes=300-5244415"}},
		{"has only half", nth(always(well, layer, status(416)), layer, 1, half(well, 1000, true)),
			"cut short after 1000 of " + fmt.Sprint(len(big.layers[0])) + " bytes, and the registry has no more of it: push the image again", []string{"", "bytes=1000-5244415"}},
		{"goes on elsewhere", nth(always(well, layer, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 5-9/10")
			w.WriteHeader(http.StatusPartialContent)
		}), layer, 1, half(well, 1000, true)), `asked for the bytes from 1000 on, the registry sent "bytes 5-9/10"`, []string{"", "bytes=1000-5244415"}},
		{"gone when it goes on", nth(always(well, layer, status(404)), layer, 1, half(well, 1000, true)), name + "registry.example does not have the blob any more", []string{"", "bytes=1000-5244415"}},
		{"more than announced", always(well, layer, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(append(bytes.Clone(big.layers[0]), 'x'))
		}), name + "longer than the " + fmt.Sprint(len(big.layers[0])) + " bytes announced", []string{""}},
	} {
		t.Run(c.what, func(t *testing.T) {
			asked = nil
			synctest.Test(t, func(t *testing.T) {
				_, err := fetchAll(t.Context(), over(watch(c.h), nobody{}), mustParse(t, "docker://"+remoteHead), Options{})
				checkError(t, c.what, err, c.want)
			})
			if d := cmp.Diff(c.asked, asked); d != "" {
				t.Errorf("ranges (-want +got):\n%s", d)
			}
		})
	}
}

func ignoresRanges(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		h.ServeHTTP(w, r)
	})
}

// sleepy is a body of which a byte comes after each pause.
type sleepy struct {
	ctx    context.Context
	pauses []time.Duration
}

func (s *sleepy) Read(p []byte) (int, error) {
	if len(s.pauses) == 0 {
		return 0, io.EOF
	}
	if err := courier.Sleep(s.ctx, s.pauses[0]); err != nil {
		return 0, err
	}
	s.pauses = s.pauses[1:]
	p[0] = 'x'
	return 1, nil
}

func (s *sleepy) Close() error { return nil }

// A registry may take all the time it wants as long as something comes.
func TestRegistryStalls(t *testing.T) {
	reply := func(pauses ...time.Duration) wire {
		w := newWire()
		w.next = transportFunc(func(req *http.Request) (*http.Response, error) {
			if err := courier.Sleep(req.Context(), pauses[0]); err != nil {
				return nil, err
			}
			return &http.Response{StatusCode: http.StatusOK, Body: &sleepy{req.Context(), pauses[1:]}, ContentLength: -1, Request: req}, nil
		})
		return w
	}
	const s = time.Second
	for _, c := range []struct {
		what string
		wire wire
		want string
		took time.Duration
	}{
		{"slow", reply(29*s, 29*s, 29*s, 29*s), "", 116 * s},
		{"no answer", reply(31 * s), "no byte came for 30s", 30 * s},
		{"stops", reply(10*s, 10*s, 40*s), "no byte came for 30s", 50 * s},
		{"longer than its caller has time", reply(20*s, 20*s, 20*s, 20*s, 20*s, 29*s), "context deadline exceeded", 125 * s},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 125*s)
				defer cancel()
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://registry.example/v2/", nil)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				resp, err := c.wire.RoundTrip(req)
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					resp.Body.Close()
				}
				checkError(t, c.what, err, c.want)
				if took := time.Since(start); took != c.took {
					t.Errorf("took %s, want %s", took, c.took)
				}
			})
		})
	}
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// A reader that takes its time between two reads is not the server's fault.
func TestRegistryWaitsForItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire()
		w.next = transportFunc(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: &sleepy{req.Context(), make([]time.Duration, 3)}, Request: req}, nil
		})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://registry.example/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := w.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		for range 3 {
			if _, err := resp.Body.Read(make([]byte, 8)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
	})
}

// A helper program that waits for somebody to type a password must not hold
// up more than the login.
func TestRegistryHelperThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		w := over(http.NotFoundHandler(), keysFunc(func() (authn.Authenticator, error) {
			<-stop
			return nil, errors.New("stopped")
		}))
		_, err := resolveOver(t.Context(), w, mustParse(t, "docker://"+remoteHead), Options{})
		checkError(t, "hangs", err, "wait for the credential helper of registry.example: context deadline exceeded")
		close(stop)
	})
	w := over(http.NotFoundHandler(), keysFunc(func() (authn.Authenticator, error) { return nil, errors.New("exec: docker-credential-x: not found") }))
	_, err := resolveOver(t.Context(), w, mustParse(t, "docker://"+remoteHead), Options{})
	checkError(t, "is missing", err, "read the credentials for registry.example from the Docker configuration: exec: docker-credential-x: not found")
}

type keysFunc func() (authn.Authenticator, error)

func (f keysFunc) Resolve(authn.Resource) (authn.Authenticator, error) { return f() }

// A tag costs one request for its manifest, a shared layer one for all images
// of the run that Open reads at once, and no request is made twice.
func TestRegistryAsksOnce(t *testing.T) {
	_, head := pair(t)
	head.layers = append(head.layers, head.layers[0])
	head = newFixture(t, "app:head", amd64, head.layers...)
	var asked []string
	well := shelf(t, map[string]remote.Taggable{remoteHead: head.image(t, gzipped)})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if at := strings.LastIndex(r.URL.Path, "/team/app/"); at >= 0 {
			asked = append(asked, r.Method+" "+r.URL.Path[at+len("/team/app/"):])
		}
		well.ServeHTTP(w, r)
	})
	found, err := resolveOver(t.Context(), over(h, nobody{}), mustParse(t, "docker://"+remoteHead), Options{Limits: DefaultLimits})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"GET manifests/head", "GET blobs/" + found.config.digest}
	if d := cmp.Diff(want, asked); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	byDigest := mustParse(t, "docker://registry.example/team/app@"+found.manifest)
	again, err := resolveOver(t.Context(), over(h, nobody{}), byDigest, Options{Limits: DefaultLimits})
	if err != nil || again.manifest != found.manifest {
		t.Errorf("by digest: %s, %v", again.manifest, err)
	}
	if d := cmp.Diff(firsts(found.layers), []int{0, 1, 2, 0}); d != "" {
		t.Errorf("layers that are the same: %s", d)
	}
}
