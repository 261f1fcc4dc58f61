package measure_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/agent/gate"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
)

// What keeps an image under test to itself shows in no metric, so the engine is
// asked what it made.
func TestAPodIsIsolated(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	pod, _ := pinnedPod(t, r, nil)
	api := engineAPI(t)
	app := inspected(t, api, pod.App)
	checkApp(t, app)
	id, joined := strings.CutPrefix(string(app.HostConfig.NetworkMode), "container:")
	if !joined {
		t.Fatalf("the app's network is %s, expected the agent's", app.HostConfig.NetworkMode)
	}
	agent := inspected(t, api, id)
	if h := agent.HostConfig; h.NetworkMode != "none" || !h.ReadonlyRootfs || h.Privileged || !slices.Contains(h.CapDrop, "ALL") {
		t.Errorf("the agent's host configuration is %+v", h)
	}
	for _, m := range agent.Mounts {
		if m.Destination == engine.CgroupRoot && m.RW {
			t.Error("the agent may write to the host's cgroups")
		}
	}
}

func checkApp(t *testing.T, app container.InspectResponse) {
	t.Helper()
	if d := cmp.Diff([]string{"NONE"}, app.Config.Healthcheck.Test); d != "" {
		t.Errorf("the image's own check runs while it is measured (-want +got):\n%s", d)
	}
	for _, capability := range []string{"NET_RAW", "MKNOD", "AUDIT_WRITE"} {
		if !slices.ContainsFunc(app.HostConfig.CapDrop, func(dropped string) bool { return strings.TrimPrefix(dropped, "CAP_") == capability }) {
			t.Errorf("the app has the capability %s: %v are dropped", capability, app.HostConfig.CapDrop)
		}
	}
	if h := app.HostConfig; h.Privileged || len(h.CapAdd)+len(h.Binds)+len(h.PortBindings) > 0 ||
		h.LogConfig.Config["max-size"] == "" || !slices.Contains(h.SecurityOpt, "no-new-privileges") {
		t.Errorf("the app's host configuration is %+v", h)
	}
	for _, m := range app.Mounts {
		if m.RW || m.Destination != gate.Dir {
			t.Errorf("the app has the mount %+v, expected its launcher alone, read-only", m)
		}
	}
}

func inspected(t *testing.T, api *client.Client, id string) container.InspectResponse {
	t.Helper()
	found, err := api.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return found.Container
}
