package measure_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/agent/gate"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/engine/enginetest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Somebody who gets into the pod's network namespace before GO, and floods the
// gate, spoils that trial and no other.
func TestAFloodBeforeGoFailsAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	pod, err := r.pods.Run.NewPod(t.Context(), engine.PodSpec{
		Image:      enginetest.Image(t, r.client, "clock").ID,
		Entrypoint: append([]string{gate.Launcher}, gate.Arguments("plimsoll-flooded", nil, []string{"/server", "clock"})...),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := pod.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	session := agent.NewSession(pod.Agent())
	if err := session.Begin(agent.Spec{
		Socket: "plimsoll-flooded", Container: pod.App, Cgroup: engine.CgroupRoot,
		Ready: record.Ready{Kind: record.ReadyAuto, Timeout: 10}, GateTimeout: 20,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := session.Await(t.Context(), agent.EventGate); err != nil {
		t.Fatal(err)
	}
	flood(t, r.pods.Run.ID)
	var failure *agent.Failure
	if _, err := session.Await(t.Context(), agent.EventGo); !errors.As(err, &failure) || failure.Kind != agent.FailGate {
		t.Fatalf("got %v, expected that the gate refused the stranger", err)
	}
	if _, err := r.pods.Boot(t.Context(), r.target(t, "clock"), 0); err != nil {
		t.Errorf("the trial after the flood: %v", err)
	}
}

// flood starts the attacker beside the run's agent and waits until it has
// begun. The run's own label makes the run remove it.
func flood(t *testing.T, run string) {
	t.Helper()
	api, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	agents, err := api.ContainerList(ctx, client.ContainerListOptions{Filters: client.Filters{}.
		Add("label", engine.LabelRun+"="+run).Add("label", "plimsoll.role=agent")})
	if err != nil || len(agents.Items) != 1 {
		t.Fatalf("the run has %d agents: %v", len(agents.Items), err)
	}
	created, err := api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config:     &container.Config{Image: "plimsoll.test/flood", Labels: map[string]string{engine.LabelRun: run}, Env: []string{"FLOOD=2s"}},
		HostConfig: &container.HostConfig{NetworkMode: container.NetworkMode("container:" + agents.Items[0].ID)},
	})
	if err != nil {
		t.Fatalf("%v (DOCKER_HOST=%s)", err, os.Getenv("DOCKER_HOST"))
	}
	t.Cleanup(func() {
		api, err := client.New(client.FromEnv)
		if err != nil {
			t.Fatal(err)
		}
		defer api.Close()
		if _, err := api.ContainerRemove(context.Background(), created.ID, client.ContainerRemoveOptions{Force: true}); err != nil {
			t.Error(err)
		}
	})
	if _, err := api.ContainerStart(ctx, created.ID, client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
}
