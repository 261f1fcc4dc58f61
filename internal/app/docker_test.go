package app_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/moby/moby/client"
	"github.com/rogpeppe/go-internal/testscript"
)

// dock is the engine as its own tools use it.
func dock(t testing.TB) *client.Client {
	t.Helper()
	api, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close() })
	return api
}

// tag IMAGE NAME gives an image another name until the script ends; tag -d
// NAME takes it away.
func tag(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tag IMAGE NAME, or tag -d NAME")
	}
	api, ctx := dock(testOf(ts)), context.Background()
	if args[0] == "-d" {
		ts.Check(untag(api, args[1]))
		return
	}
	_, err := api.ImageTag(ctx, client.ImageTagOptions{Source: args[0], Target: args[1]})
	ts.Check(err)
	ts.Defer(func() { ts.Check(untag(api, args[1])) })
}

// untag takes a name away, if it is there.
func untag(api *client.Client, name string) error {
	_, err := api.ImageRemove(context.Background(), name, client.ImageRemoveOptions{})
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}

// tiny PLATFORM NAME puts an image of next to nothing into the engine until the
// script ends. The platform "host" is the engine's.
func tiny(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tiny PLATFORM NAME")
	}
	if args[0] == "host" {
		args[0] = "linux/" + runtime.GOARCH
	}
	platform, err := v1.ParsePlatform(args[0])
	ts.Check(err)
	layer, err := random.Layer(64, types.DockerLayer)
	ts.Check(err)
	image, err := mutate.AppendLayers(empty.Image, layer)
	ts.Check(err)
	image, err = mutate.ConfigFile(image, &v1.ConfigFile{OS: platform.OS, Architecture: platform.Architecture,
		Config: v1.Config{Cmd: []string{"/app"}}, RootFS: rootFS(ts, image)})
	ts.Check(err)
	ref, err := name.NewTag(args[1])
	ts.Check(err)
	file := ts.MkAbs("tiny.tar")
	ts.Check(tarball.WriteToFile(file, ref, image))
	loadArchive(ts, file)
	api := dock(testOf(ts))
	ts.Defer(func() { ts.Check(untag(api, args[1])) })
}

func rootFS(ts *testscript.TestScript, image v1.Image) v1.RootFS {
	config, err := image.ConfigFile()
	ts.Check(err)
	return config.RootFS
}

func loadArchive(ts *testscript.TestScript, file string) {
	archive, err := os.Open(file)
	ts.Check(err)
	defer archive.Close()
	answer, err := dock(testOf(ts)).ImageLoad(context.Background(), archive, client.ImageLoadWithQuiet(true))
	ts.Check(err)
	ts.Check(answer.Close())
}

// layoutOf writes an image of the engine as an OCI layout: layout IMAGE DIR.
func layoutOf(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: layout IMAGE DIR")
	}
	stream, err := dock(testOf(ts)).ImageSave(context.Background(), []string{args[0]})
	ts.Check(err)
	defer stream.Close()
	file := ts.MkAbs("saved.tar")
	saved, err := os.Create(file)
	ts.Check(err)
	_, err = saved.ReadFrom(stream)
	ts.Check(errors.Join(err, saved.Close()))
	image, err := tarball.ImageFromPath(file, nil)
	ts.Check(err)
	path, err := layout.Write(ts.MkAbs(args[1]), empty.Index)
	ts.Check(err)
	ts.Check(path.AppendImage(image))
}

// derive puts an image into the engine that is another with a changed
// configuration, until the test ends.
func derive(t *testing.T, api *client.Client, from, to string, change func(*v1.Config)) {
	t.Helper()
	stream, err := api.ImageSave(t.Context(), []string{from})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	raw, err := io.ReadAll(stream)
	if err != nil {
		t.Fatal(err)
	}
	base, err := tarball.Image(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := base.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config := *file.Config.DeepCopy()
	change(&config)
	image, err := mutate.Config(base, config)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.NewTag(to)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := tarball.Write(ref, image, &archive); err != nil {
		t.Fatal(err)
	}
	answer, err := api.ImageLoad(t.Context(), &archive, client.ImageLoadWithQuiet(true))
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, answer)
	answer.Close()
	t.Cleanup(func() {
		if err := untag(api, to); err != nil {
			t.Error(err)
		}
	})
}

// proxy stands between a process and the engine until it is cut.
func proxy(t *testing.T, engine string) (host string, cut func()) {
	t.Helper()
	network, address, _ := strings.Cut(engine, "://")
	path := filepath.Join(t.TempDir(), "engine.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	open := []io.Closer{listener}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial(network, address)
			if err != nil {
				near.Close()
				return
			}
			mu.Lock()
			open = append(open, near, far)
			mu.Unlock()
			go io.Copy(near, far)
			go io.Copy(far, near)
		}
	}()
	cut = func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open {
			c.Close()
		}
	}
	t.Cleanup(cut)
	return "unix://" + path, cut
}
