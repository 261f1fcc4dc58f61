package analyze

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// shelved is a registry that serves what it was given, whatever that is.
type shelved map[string][]byte // by the end of the path

func (s shelved) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v2/" {
		return
	}
	raw, ok := s[r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_, _ = w.Write(raw)
}

// add stores content under its digest.
func (s shelved) add(raw []byte) v1.Descriptor {
	d := v1.Descriptor{Digest: hashOf(raw), Size: int64(len(raw))}
	s[d.Digest.String()] = raw
	return d
}

// serve runs h and returns what references to it begin with.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return "docker://" + strings.TrimPrefix(server.URL, "http://") + "/team/app"
}

// manifestOf stores a fixture's parts and returns its manifest.
func manifestOf(t testing.TB, s shelved, f fixture) v1.Manifest {
	t.Helper()
	m := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: s.add(f.config)}
	m.Config.MediaType = types.OCIConfigJSON
	for _, l := range f.layers {
		m.Layers = append(m.Layers, s.add(gzipped(t, l)))
	}
	return m
}

// A schema 1 manifest as Docker 1.9 pushed them; signatures left out.
const schema1 = `{"schemaVersion":1,"name":"team/app","tag":"head","architecture":"amd64",` +
	`"fsLayers":[{"blobSum":"sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4"}],"history":[{"v1Compatibility":"{}"}],"signatures":[{}]}`

func TestRegistryServesNonsense(t *testing.T) {
	_, head := pair(t)
	other := newFixture(t, "app:other", amd64, layerTar(t, fileOf("z", 1)))
	id := strings.Repeat("7", 64)
	for _, c := range []struct {
		what  string
		spoil func(s shelved, m *v1.Manifest) []byte // returns what the tag stands for, nil for m
		want  string
	}{
		{"nothing wrong", func(shelved, *v1.Manifest) []byte { return nil }, ""},
		{"layer swapped", func(s shelved, m *v1.Manifest) []byte {
			s[m.Layers[1].Digest.String()] = s[m.Layers[2].Digest.String()]
			m.Layers[1].Size = m.Layers[2].Size
			return nil
		}, "layer 2 (sha256:" + hashOf(gzipped(t, head.layers[1])).Hex[:12] + "): content hashes to " + hashOf(gzipped(t, head.layers[2])).String()},
		{"layers in another order", func(_ shelved, m *v1.Manifest) []byte {
			slices.Reverse(m.Layers)
			return nil
		}, "layer 1 (sha256:" + hashOf(gzipped(t, head.layers[2])).Hex[:12] + "): its content hashes to "},
		{"configuration swapped", func(s shelved, m *v1.Manifest) []byte {
			s[m.Config.Digest.String()] = other.config
			m.Config.Size = int64(len(other.config))
			return nil
		}, "image configuration " + digestBytes(head.config) + ": content hashes to " + digestBytes(other.config)},
		{"configuration of another image", func(s shelved, m *v1.Manifest) []byte {
			m.Config = s.add(other.config)
			return nil
		}, "lists 3 layers, its configuration 1"},
		{"a chart", func(s shelved, m *v1.Manifest) []byte {
			m.Config = s.add([]byte(`{"name":"chart"}`))
			m.Config.MediaType = "application/vnd.cncf.helm.config.v1+json"
			return nil
		}, `lists 3 layers, its configuration 0 (it may be no image: its configuration is of type "application/vnd.cncf.helm.config.v1+json")`},
		{"layer elsewhere", func(_ shelved, m *v1.Manifest) []byte {
			m.Layers[1].URLs = []string{"http://169.254.169.254/latest"}
			return nil
		}, `): its content lies elsewhere ("http://169.254.169.254/latest"), which is not supported`},
		{"layer of SHA-512", func(_ shelved, m *v1.Manifest) []byte {
			m.Layers[1].Digest = v1.Hash{Algorithm: "sha512", Hex: id + id}
			return nil
		}, "expected sha256: and 64 hexadecimal digits"},
		{"an index that lists itself", func(s shelved, _ *v1.Manifest) []byte {
			index := []byte(`{"schemaVersion":2,"manifests":[{"digest":"sha256:` + id + `","size":` + "143" + `,"platform":{"os":"linux","architecture":"amd64"}}]}`)
			s["sha256:"+id] = index
			return index
		}, "manifest sha256:" + id + ": "},
		{"only attestations", func(shelved, *v1.Manifest) []byte {
			return []byte(`{"schemaVersion":2,"manifests":[{"digest":"sha256:` + id + `","platform":{"os":"unknown","architecture":"unknown"}}]}`)
		}, "no image for linux/amd64, found none"},
		{"schema 1", func(shelved, *v1.Manifest) []byte { return []byte(schema1) }, "an image manifest of schema 1, which is out of use since 2017: push the image again"},
		{"schema 1 in an index", func(s shelved, _ *v1.Manifest) []byte {
			s["sha256:"+id] = []byte(schema1)
			return fmt.Appendf(nil, `{"manifests":[{"digest":"sha256:%s","size":%d}]}`, id, len(schema1))
		}, "manifest sha256:" + id + ": an image manifest of schema 1"},
		{"no JSON", func(shelved, *v1.Manifest) []byte { return []byte("<html>welcome to the hotel's network</html>") }, "not the JSON expected"},
		{"nothing", func(shelved, *v1.Manifest) []byte { return []byte{} }, "not the JSON expected"},
		{"a manifest without end", func(shelved, *v1.Manifest) []byte { return bytes.Repeat([]byte(" "), 8<<20+1) }, "manifest: longer than 8388608 bytes"},
		{"a crowded manifest", func(shelved, *v1.Manifest) []byte {
			return []byte(`{"layers":[` + strings.Repeat("{},", 1<<16) + `{}]}`)
		}, "holds more than 65536 values"},
		{"null", func(shelved, *v1.Manifest) []byte { return []byte("null") }, "names no configuration, so it is no image"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := shelved{}
			m := manifestOf(t, s, head)
			tagged := c.spoil(s, &m)
			if tagged == nil {
				tagged = toJSON(t, m)
			}
			s["head"] = tagged
			got, err := Open(t.Context(), mustParse(t, serve(t, s)+":head"), Options{Platform: amd64})
			checkError(t, c.what, err, c.want)
			if c.want == "" {
				checkHead(t, got, head)
			}
		})
	}
	t.Run("announces another digest", func(t *testing.T) {
		s := shelved{}
		s["head"] = toJSON(t, manifestOf(t, s, head))
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Docker-Content-Digest", "sha256:"+id)
			s.ServeHTTP(w, r)
		})
		_, err := Open(t.Context(), mustParse(t, serve(t, h)+":head"), Options{})
		checkError(t, "announces another digest", err, "manifest sha256:"+id+": content hashes to "+digestBytes(s["head"]))
	})
}

// Credentials and tokens stay with the registry when it sends us elsewhere for
// its blobs, and nobody is told where to find them.
func TestRegistryRedirects(t *testing.T) {
	_, head := pair(t)
	well := shelf(t, map[string]remote.Taggable{remoteHead: head.image(t, gzipped)})
	var leaked []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range []string{"Authorization", "Cookie"} {
			if v := r.Header.Get(h); v != "" {
				leaked = append(leaked, h+": "+v)
			}
		}
		r.URL.RawQuery = ""
		well.ServeHTTP(w, r)
	}))
	defer elsewhere.Close()
	redirect := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+r.URL.Path+"?X-Signature=secret", http.StatusTemporaryRedirect)
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("u:p"))
	var here string
	for name, h := range map[string]http.Handler{
		"basic": wants(basic, `Basic realm="test"`, always(well, "/blobs/", redirect)),
		"token": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				if r.Header.Get("Authorization") != basic {
					t.Errorf("the token server got %q", r.Header.Get("Authorization"))
				}
				fmt.Fprint(w, `{"token":"t0ken"}`)
				return
			}
			wants("Bearer t0ken", `Bearer realm="`+here+`/token",service="test"`, always(well, "/blobs/", redirect)).ServeHTTP(w, r)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(h)
			defer server.Close()
			here, leaked = server.URL, nil
			w := newWire()
			w.keys = user{"u", "p"}
			ref := mustParse(t, "docker://"+strings.TrimPrefix(server.URL, "http://")+"/team/app:head")
			layers, err := fetchAll(t.Context(), w, ref, Options{})
			if err != nil || len(layers) != 3 {
				t.Fatalf("%d layers, %v", len(layers), err)
			}
			if len(leaked) > 0 {
				t.Errorf("told to another host: %q", leaked)
			}
		})
	}
}

// wants lets through who sends the header.
func wants(authorization, challenge string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != authorization {
			w.Header().Set("Www-Authenticate", challenge)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func TestCheckRedirect(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"https://registry.example/v2/", "https://blobs.example/x?signature=1", ""},
		{"http://127.0.0.1:5000/", "http://10.1.2.3/", ""},
		{"https://registry.example/", "http://blobs.example/", "redirected from https to http://blobs.example, which is not followed"},
		{"https://registry.example/", "https://169.254.169.254/latest/meta-data", "redirected to 169.254.169.254, an address inside this network"},
		{"https://registry.example/", "https://[::1]:8080/", "redirected to [::1]:8080, an address inside this network"},
		{"https://registry.example/", "https://[::ffff:192.168.0.1]/", "an address inside this network"},
		{"https://registry.example/", "https://localhost/", "an address inside this network"},
		{"http://registry.example/", "http://0.0.0.0/", "an address inside this network"},
	} {
		to, err := url.Parse(c.to)
		if err != nil {
			t.Fatal(err)
		}
		via := httptest.NewRequest(http.MethodGet, c.from, nil)
		checkError(t, c.to, checkRedirect(&http.Request{URL: to}, []*http.Request{via}), c.want)
	}
	round := slices.Repeat([]*http.Request{httptest.NewRequest(http.MethodGet, "http://a.example/", nil)}, 10)
	checkError(t, "round and round", checkRedirect(round[0], round), "more than 10 redirects")
}

// What a redirect leads to may be signed; an error must not show it.
func TestRegistryKeepsSignedURLs(t *testing.T) {
	_, head := pair(t)
	well := shelf(t, map[string]remote.Taggable{remoteHead: head.image(t, gzipped)})
	h := always(well, "/blobs/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/x?X-Signature=secret", http.StatusTemporaryRedirect)
	})
	_, err := Open(t.Context(), mustParse(t, serve(t, h)+":head"), Options{})
	checkError(t, "redirect to nowhere", err, "ask 127.0.0.1:")
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the error shows a signature: %v", err)
	}
}
