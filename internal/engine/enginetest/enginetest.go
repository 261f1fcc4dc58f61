// Package enginetest lends tests a run in the real container engine and the
// fixture images, and checks that nothing is left behind. A test that needs it
// fails where there is no engine: `make test` brings one.
package enginetest

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
)

// Connect gives the machine's engine.
func Connect(t testing.TB) *engine.Client {
	t.Helper()
	c, err := engine.Connect(t.Context(), os.Getenv)
	if err != nil {
		t.Fatalf("%v\n`make test` and `scripts/setup` install and start one", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Image gives a fixture image, one of the directories of testdata/images.
func Image(t testing.TB, c *engine.Client, name string) engine.Image {
	t.Helper()
	image, err := c.Image(t.Context(), "plimsoll.test/"+name)
	if err != nil {
		t.Fatalf("%v\n`make test` and `scripts/images` build the fixtures", err)
	}
	return image
}

// Run gives a run, which ends with the test. The test fails if the engine still
// holds anything of it then.
func Run(t testing.TB, c *engine.Client, programs engine.Programs) *engine.Run {
	t.Helper()
	run, err := c.NewRun(t.Context(), engine.NewID(), programs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := run.Close(ctx); err != nil {
			t.Errorf("close run: %v", err)
		}
		for _, left := range Left(t, run.ID) {
			t.Errorf("the engine still holds %s", left)
		}
	})
	return run
}

// Left lists what the engine holds of a run: what carries its label, and the
// images that carry its name.
func Left(t testing.TB, run string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	api, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = api.Close() }()
	labelled := client.Filters{}.Add("label", engine.LabelRun+"="+run)
	containers, err := api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: labelled})
	if err != nil {
		t.Fatal(err)
	}
	volumes, err := api.VolumeList(ctx, client.VolumeListOptions{Filters: labelled})
	if err != nil {
		t.Fatal(err)
	}
	networks, err := api.NetworkList(ctx, client.NetworkListOptions{Filters: labelled})
	if err != nil {
		t.Fatal(err)
	}
	images, err := api.ImageList(ctx, client.ImageListOptions{Filters: labelled})
	if err != nil {
		t.Fatal(err)
	}
	named, err := api.ImageList(ctx, client.ImageListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, item := range containers.Items {
		left = append(left, "container "+item.ID)
	}
	for _, item := range volumes.Items {
		left = append(left, "volume "+item.Name)
	}
	for _, item := range networks.Items {
		left = append(left, "network "+item.Name)
	}
	for _, item := range images.Items {
		left = append(left, "image "+item.ID)
	}
	for _, item := range named.Items {
		for _, tag := range item.RepoTags {
			if strings.Contains(tag, run) {
				left = append(left, "image "+tag)
			}
		}
	}
	return left
}
