// Package ginvsflask checks that the two example services do the same work:
// a comparison of services that answer differently would prove nothing.
package ginvsflask

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// exchange is a request and the answer that both services must give. A body of
// "" is not compared with what is written here, only between the two.
type exchange struct {
	request string
	status  int
	body    string
}

var exchanges = []exchange{
	{"GET /health", http.StatusOK, `{"status":"ok"}`},
	{"GET /user/1", http.StatusOK,
		`{"id":1,"name":"user-1","tag":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}`}, // sha256("1")
	{"GET /user/007", http.StatusOK, ""},
	{"GET /user/999999999", http.StatusOK, ""},
	{"GET /user/1000000000", http.StatusBadRequest, `{"error":"the id of a user is a number"}`},
	{"GET /user/-1", http.StatusBadRequest, ""},
	{"GET /user/anna", http.StatusBadRequest, ""},
	{`POST /login {"user":"t","password":"secret"}`, http.StatusOK, ""},
	{`POST /login {"user":"anna","password":"hunter2","more":[1]}`, http.StatusOK, ""},
	{`POST /login {"user":"t","password":"wrong"}`, http.StatusUnauthorized, `{"error":"unknown user or wrong password"}`},
	{`POST /login {"user":"nobody","password":"secret"}`, http.StatusUnauthorized, ""},
	{`POST /login {"user":"","password":""}`, http.StatusUnauthorized, ""},
	{`POST /login {"user":"t"}`, http.StatusBadRequest, `{"error":"expected a JSON object with user and password"}`},
	{`POST /login {"user":"t","password":7}`, http.StatusBadRequest, ""},
	{`POST /login ["t","secret"]`, http.StatusBadRequest, ""},
	{`POST /login null`, http.StatusBadRequest, ""},
	{`POST /login {`, http.StatusBadRequest, ""},
	{"POST /login", http.StatusBadRequest, ""},
	{"GET /login", http.StatusMethodNotAllowed, `{"error":"method not allowed"}`},
	{"GET /nothing", http.StatusNotFound, `{"error":"not found"}`},
}

// answer is what the image plimsoll.test/ask prints for each request.
type answer struct {
	Request string
	Status  int
	Type    string
	Body    string
}

func TestBothServicesGiveTheSameAnswers(t *testing.T) {
	flask := answers(t, "plimsoll.example/flask:latest", "8000")
	gin := answers(t, "plimsoll.example/gin:latest", "8080")
	if diff := cmp.Diff(flask, gin); diff != "" {
		t.Errorf("the services differ (-flask +gin):\n%s", diff)
	}
	for i, want := range exchanges {
		if got := gin[i]; got.Status != want.status || want.body != "" && got.Body != want.body {
			t.Errorf("%s: got %d %s, want %d %s", want.request, got.Status, got.Body, want.status, want.body)
		}
	}
}

// answers boots the image without a network and asks from inside its own
// network namespace.
func answers(t *testing.T, image, port string) []answer {
	t.Helper()
	api, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close() })
	service := start(t, api, &container.Config{Image: image}, "none")
	var requests []string
	for _, e := range exchanges {
		requests = append(requests, e.request)
	}
	asker := start(t, api, &container.Config{Image: "plimsoll.test/ask:latest", Cmd: requests, Env: []string{"PORT=" + port}},
		container.NetworkMode("container:"+service))
	if code := await(t, api, asker); code != 0 {
		t.Fatalf("asking %s failed:\n%s\nits own log:\n%s", image, output(t, api, asker), output(t, api, service))
	}
	got := parse(t, output(t, api, asker))
	if len(got) != len(exchanges) {
		t.Fatalf("%s gave %d answers to %d requests", image, len(got), len(exchanges))
	}
	return got
}

func start(t *testing.T, api *client.Client, config *container.Config, network container.NetworkMode) string {
	t.Helper()
	created, err := api.ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Config: config, HostConfig: &container.HostConfig{NetworkMode: network},
	})
	if err != nil {
		t.Fatalf("create a container of %s (scripts/images builds it): %v", config.Image, err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		if _, err := api.ContainerRemove(context.Background(), created.ID, client.ContainerRemoveOptions{Force: true}); err != nil {
			t.Errorf("remove the container of %s: %v", config.Image, err)
		}
	})
	if _, err := api.ContainerStart(t.Context(), created.ID, client.ContainerStartOptions{}); err != nil {
		t.Fatalf("start a container of %s: %v", config.Image, err)
	}
	return created.ID
}

func await(t *testing.T, api *client.Client, id string) int64 {
	t.Helper()
	ended := api.ContainerWait(t.Context(), id, client.ContainerWaitOptions{})
	select {
	case err := <-ended.Error:
		t.Fatal(err)
		return -1
	case result := <-ended.Result:
		return result.StatusCode
	}
}

func output(t *testing.T, api *client.Client, id string) string {
	t.Helper()
	logs, err := api.ContainerLogs(t.Context(), id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		t.Fatal(err)
	}
	defer logs.Close()
	var text bytes.Buffer
	if _, err := stdcopy.StdCopy(&text, &text, logs); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// parse reads the answers. Their JSON is compared compactly, since the one
// ends a line and the other does not.
func parse(t *testing.T, log string) []answer {
	t.Helper()
	var all []answer
	for lines := bufio.NewScanner(strings.NewReader(log)); lines.Scan(); {
		text, ok := strings.CutPrefix(lines.Text(), "fixture: ")
		if !ok {
			t.Fatalf("unexpected line %q", lines.Text())
		}
		var a answer
		var compact bytes.Buffer
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Compact(&compact, []byte(a.Body)); err != nil {
			t.Fatalf("%s: not JSON: %q", a.Request, a.Body)
		}
		a.Body = compact.String()
		all = append(all, a)
	}
	return all
}
