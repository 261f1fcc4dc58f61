package measure_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/agent/gate"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/engine/enginetest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// pinnedPod opens a pod at the gate, and gives the CPUs its agent may use.
func pinnedPod(t *testing.T, r *rig, to *record.Pinned) (*engine.Pod, []int) {
	t.Helper()
	socket := "plimsoll-" + engine.NewID()
	pod, err := r.pods.Run.NewPod(t.Context(), engine.PodSpec{
		Image:      enginetest.Image(t, r.client, "clock").ID,
		Entrypoint: append([]string{gate.Launcher}, gate.Arguments(socket, nil, []string{"/server", "clock"})...),
		Pinned:     to,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pod.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	session := agent.NewSession(pod.Agent())
	if err := session.Begin(agent.Spec{Socket: socket, Container: pod.App, Cgroup: engine.CgroupRoot,
		Ready: record.Ready{Kind: record.ReadyAuto, Timeout: 10}, GateTimeout: 20}); err != nil {
		t.Fatal(err)
	}
	event, err := session.Await(t.Context(), agent.EventGate)
	if err != nil {
		t.Fatal(err)
	}
	return pod, event.CPUs
}

// allowed is the CPUs that the main process of a container may run on, as the
// kernel of the engine's host lists them.
func allowed(t *testing.T, container string) string {
	t.Helper()
	api, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	found, err := api.ContainerInspect(t.Context(), container, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", found.Container.State.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "Cpus_allowed_list:\t")
	list, _, _ := strings.Cut(rest, "\n")
	return list
}

func TestAppAndAgentArePinnedApart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	pod, cpus := pinnedPod(t, r, &record.Pinned{App: "0", Agent: "1"})
	if d := cmp.Diff([]int{1}, cpus); d != "" {
		t.Errorf("the agent's CPUs (-want +got):\n%s", d)
	}
	if err := pod.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := allowed(t, pod.App); got != "0" {
		t.Errorf("the app may use the CPUs %s, expected 0", got)
	}
}

// The first pod of a run learns which CPUs there are from its agent, and is
// pinned while it waits at the gate.
func TestAPodIsPinnedAtTheGate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	pod, cpus := pinnedPod(t, r, nil)
	if len(cpus) < 2 {
		t.Fatalf("the agent may use the CPUs %v, expected at least two", cpus)
	}
	if err := pod.Pin(t.Context(), record.Pinned{App: "1", Agent: "0"}); err != nil {
		t.Fatal(err)
	}
	if err := pod.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := allowed(t, pod.App); got != "1" {
		t.Errorf("the app may use the CPUs %s, expected 1", got)
	}
}

func TestAPinnedBootSaysSo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.pods.Pinned = &record.Pinned{App: "1", Agent: "0"}
	got, err := r.pods.Boot(t.Context(), r.target(t, "clock"), 0)
	if err != nil {
		t.Fatal(err)
	}
	checkObserved(t, got)
	if d := cmp.Diff(r.pods.Pinned, got.Pinned); d != "" || !got.Trial.Host.Apart {
		t.Errorf("apart: %v, pinned (-want +got):\n%s", got.Trial.Host.Apart, d)
	}
}
