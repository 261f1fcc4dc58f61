package analyze

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// These tests start the registry that Docker distributes, which scripts/setup
// takes out of Debian's package docker-registry.

const (
	account  = "alibaba"
	password = "open sesame"
	// What htpasswd -B makes of them.
	htpasswd = account + ":$2a$04$dC2mL2gZ2MLagp.uTy7t8eiVJCGvhrdY4HtXVdDPvnZRKNqBndKlK\n"
)

// startRegistry runs a registry until the test ends and returns its address.
func startRegistry(t *testing.T, auth string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yml")
	config := "version: 0.1\nlog: {accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: " + dir + "/data}}\nhttp: {addr: 127.0.0.1:0}\n" + auth
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := filepath.Abs("../../.cache/bin/docker-registry")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "serve", file)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("this test needs a registry, which `scripts/setup test` fetches: %v", err)
	}
	read := make(chan struct{})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	address := make(chan string, 1)
	go func() {
		defer close(read)
		defer close(address)
		listens(stderr, address)
	}()
	at, ok := <-address
	if !ok {
		t.Fatal("the registry ended before it listened")
	}
	return at
}

var listening = regexp.MustCompile(`listening on ([0-9.]+:[0-9]+)`)

// listens finds the address in the log and reads on, so that the registry
// never waits for a reader.
func listens(log interface{ Read([]byte) (int, error) }, address chan<- string) {
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil && cap(address) > len(address) {
			address <- m[1]
		}
	}
}

// tokenServer is who a registry sends its users to for a token.
// https://distribution.github.io/distribution/spec/auth/jwt/
type tokenServer struct {
	key  *rsa.PrivateKey
	cert []byte // DER
	url  string
}

func startTokenServer(t *testing.T) *tokenServer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	cert, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s := &tokenServer{key: key, cert: cert}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	return s
}

func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given, secret, ok := r.BasicAuth()
	if r.PostFormValue("grant_type") == "refresh_token" { // a login that left a token instead of the password
		given, secret, ok = account, strings.TrimPrefix(r.PostFormValue("refresh_token"), "token for "), true
	}
	if ok && (given != account || secret != password) {
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}`, http.StatusUnauthorized)
		return
	}
	access := []any{}
	if kind, rest, found := strings.Cut(r.FormValue("scope"), ":"); found && ok {
		at := strings.LastIndex(rest, ":")
		access = append(access, map[string]any{"type": kind, "name": rest[:at], "actions": strings.Split(rest[at+1:], ",")})
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"token": s.token(given, access)})
}

func (s *tokenServer) token(subject string, access []any) string {
	encode := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	now := time.Now().Unix()
	signed := encode(map[string]any{"typ": "JWT", "alg": "RS256", "x5c": []string{base64.StdEncoding.EncodeToString(s.cert)}}) + "." +
		encode(map[string]any{"iss": "test", "sub": subject, "aud": "registry", "exp": now + 300, "nbf": now - 10, "iat": now, "jti": "1", "access": access})
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, 5, sum[:]) // 5 is crypto.SHA256
	if err != nil {
		panic(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// config is what the registry's configuration says of the server.
func (s *tokenServer) config(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert}), 0o600); err != nil {
		t.Fatal(err)
	}
	return "auth: {token: {realm: '" + s.url + "/token', service: registry, issuer: test, rootcertbundle: " + file + "}}\n"
}

// scheme is how a registry wants to be spoken to.
type scheme struct {
	name   string
	config func(t *testing.T) string
}

var schemes = []scheme{
	{"basic", func(t *testing.T) string {
		file := filepath.Join(t.TempDir(), "htpasswd")
		if err := os.WriteFile(file, []byte(htpasswd), 0o600); err != nil {
			t.Fatal(err)
		}
		return "auth: {htpasswd: {realm: test, path: " + file + "}}\n"
	}},
	{"token", func(t *testing.T) string { return startTokenServer(t).config(t) }},
}

// dockerConfig is a process that finds a configuration directory and the helper
// program which that may name.
func dockerConfig(t *testing.T, config, helper string) child {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if helper != "" {
		if err := os.WriteFile(filepath.Join(dir, "docker-credential-x"), []byte("#!/bin/sh\n"+helper), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return child{dir: dir, env: []string{"DOCKER_CONFIG=" + dir, "HOME=" + dir, "PATH=" + dir + ":/usr/bin:/bin"}}
}

// gives is a helper that knows one registry and refuses to be asked for others.
func gives(address, user, secret string) string {
	return fmt.Sprintf(`read server
[ "$1 $server" = "get %s" ] || { echo "credentials not found in native keychain"; exit 1; }
echo '{"ServerURL":"%s","Username":"%s","Secret":"%s"}'
`, address, address, user, secret)
}

// The whole way to a real registry, with the Docker configuration that the
// process finds in its environment.
func TestRealRegistryCredentials(t *testing.T) {
	program := buildOpen(t)
	_, head := pair(t)
	for _, s := range schemes {
		at := startRegistry(t, s.config(t))
		image := at + "/team/app:head"
		push(t, image, head.image(t, gzipped))
		basic := base64.StdEncoding.EncodeToString([]byte(account + ":" + password))
		wrong := base64.StdEncoding.EncodeToString([]byte(account + ":wrong"))
		helpers := `{"credHelpers":{"` + at + `":"x"}}`
		for _, c := range []struct {
			what, config, helper string
			want                 string
		}{
			{"password in the configuration", `{"auths":{"` + at + `":{"auth":"` + basic + `"}}}`, "", ""},
			{"helper for this registry", helpers, gives(at, account, password), ""},
			{"helper for all registries", `{"credsStore":"x"}`, gives(at, account, password), ""},
			{"wrong password", `{"auths":{"` + at + `":{"auth":"` + wrong + `"}}}`, "",
				"not authorised: " + at + " refused the credentials of the Docker configuration (401 Unauthorized"},
			{"no configuration", `{}`, "", "not authorised: " + at + " wants credentials (401 Unauthorized; UNAUTHORIZED: authentication required)"},
			{"helper that knows nothing", helpers, gives("elsewhere", "", ""), "and the Docker configuration has none for it: run `docker login " + at + "`"},
			{"helper that is missing", helpers, "", `read the credentials for ` + at + ` from the Docker configuration: `},
			{"helper that fails", helpers, "echo locked; exit 1", "locked"},
			{"configuration that is none", `{"auths":[`, "", "read the credentials for " + at},
		} {
			t.Run(s.name+"/"+c.what, func(t *testing.T) {
				got := dockerConfig(t, c.config, c.helper).run(t, program, "docker://"+image)
				checkOutcome(t, got, c.want, head)
			})
		}
		if s.name == "token" {
			got := dockerConfig(t, helpers, gives(at, "<token>", "token for "+password)).run(t, program, "docker://"+image)
			checkOutcome(t, got, "", head)
		}
	}
}

// checkOutcome holds what testdata/open found against the fixture.
func checkOutcome(t *testing.T, got outcome, want string, f fixture) {
	t.Helper()
	if want != "" {
		if !strings.Contains(got.Error, want) {
			t.Errorf("got error %q, want %q", got.Error, want)
		}
		return
	}
	if got.Error != "" || got.Layers != len(f.layers) || got.Stored == 0 {
		t.Errorf("%+v", got)
	}
}

// push sends an image, or an index, with the account's password.
func push(t *testing.T, to string, what remote.Taggable) {
	t.Helper()
	tag, err := name.NewTag(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Push(tag, what, remote.WithAuth(&authn.Basic{Username: account, Password: password})); err != nil {
		t.Fatal(err)
	}
}

// What a real registry hands out, in all the forms that images have.
func TestRealRegistryImages(t *testing.T) {
	at := startRegistry(t, "")
	base, head := pair(t)
	arm := newFixture(t, "app:arm", Platform{OS: "linux", Architecture: "arm", Variant: "v7"}, layerTar(t, fileOf("a", 7)))
	for name, pack := range map[string]func(testing.TB, []byte) []byte{"gzip": gzipped, "zstd": zstded, "uncompressed": asIs} {
		push(t, at+"/team/app:"+name, head.image(t, pack))
		got, err := Open(t.Context(), mustParse(t, "docker://"+at+"/team/app:"+name), Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkHead(t, got, head)
		if _, estimated := got.Compressed(); estimated != (name == "uncompressed") {
			t.Errorf("%s: estimated is %v", name, estimated)
		}
	}
	push(t, at+"/team/app:all", multi(t, head, arm))
	got, err := Open(t.Context(), mustParse(t, "docker://"+at+"/team/app:all"), Options{Platform: amd64})
	if err != nil {
		t.Fatal(err)
	}
	checkHead(t, got, head)
	again, err := Open(t.Context(), mustParse(t, "docker://"+at+"/team/app@"+got.Manifest), Options{})
	if err != nil || again.Digest != got.Digest {
		t.Errorf("by digest: %s, %v", again.Digest, err)
	}
	_, err = Open(t.Context(), mustParse(t, "docker://"+at+"/team/app:all"), Options{Platform: Platform{"linux", "s390x", ""}})
	checkError(t, "platform", err, "no image for linux/s390x, found \"linux/arm/v7\", \"linux/amd64\"")
	_, err = Open(t.Context(), mustParse(t, "docker://"+at+"/team/app:none"), Options{})
	checkError(t, "tag", err, at+" has no such image (404 Not Found; MANIFEST_UNKNOWN: manifest unknown): check its name and tag")
	_, err = Open(t.Context(), mustParse(t, "docker://"+at+"/nobody/nothing"), Options{})
	checkError(t, "repository", err, "has no such image (404 Not Found; ")
	var out bytes.Buffer
	if err := WriteDocker(t.Context(), &out, mustParse(t, "docker://"+at+"/team/app:zstd"), Options{}, "loaded:1"); err != nil {
		t.Fatal(err)
	}
	loaded, err := Saved(t.Context(), &out, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkHead(t, loaded[0], head)
	push(t, at+"/other/app:base", base.image(t, gzipped))
	b, err := Open(t.Context(), mustParse(t, "docker://"+at+"/other/app:base"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := got.Layers[1].Compressed + got.Layers[2].Compressed; Pull(b.Layers, got.Layers) != want {
		t.Errorf("pull is %d, the two new layers have %d", Pull(b.Layers, got.Layers), want)
	}
}
