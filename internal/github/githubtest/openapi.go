package githubtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// description is GitHub's OpenAPI description, as far as this server's routes
// reach into it.
type description struct {
	router   routers.Router
	examples openapi3.Examples
}

// reference is how one part of the description points at another.
var reference = regexp.MustCompile(`"\$ref":\s*"#/components/([^/"]+)/([^"]+)"`)

type document struct {
	OpenAPI    string                                `json:"openapi"`
	Info       json.RawMessage                       `json:"info"`
	Paths      map[string]json.RawMessage            `json:"paths"`
	Components map[string]map[string]json.RawMessage `json:"components"`
}

// readDescription parses only the paths asked for and what they refer to: the
// whole takes seconds, and with the race detector half a minute.
func readDescription(file string, paths []string) (*description, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all document
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	part, err := all.only(paths)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if raw, err = json.Marshal(part); err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("route %s: %w", file, err)
	}
	return &description{router, doc.Components.Examples}, nil
}

// only is the document with some of its paths and all that those refer to.
func (d document) only(paths []string) (document, error) {
	part := document{OpenAPI: d.OpenAPI, Info: d.Info, Paths: map[string]json.RawMessage{},
		Components: map[string]map[string]json.RawMessage{}}
	var todo []json.RawMessage
	for _, path := range paths {
		raw, ok := d.Paths[path]
		if !ok {
			return document{}, fmt.Errorf("GitHub's API has no path %s", path)
		}
		part.Paths[path] = raw
		todo = append(todo, raw)
	}
	for len(todo) > 0 {
		raw := todo[0]
		todo = todo[1:]
		for _, found := range reference.FindAllSubmatch(raw, -1) {
			kind, name := string(found[1]), string(found[2])
			if _, have := part.Components[kind][name]; have {
				continue
			}
			if part.Components[kind] == nil {
				part.Components[kind] = map[string]json.RawMessage{}
			}
			part.Components[kind][name] = d.Components[kind][name]
			todo = append(todo, d.Components[kind][name])
		}
	}
	return part, nil
}

// operation is what a request asks for, in the description's words.
type operation struct {
	input *openapi3filter.RequestValidationInput
}

// name is the method and the path's template.
func (o operation) name() string { return o.input.Route.Method + " " + o.input.Route.Path }

// param is the value of a parameter in the path.
func (o operation) param(name string) string { return o.input.PathParams[name] }

// request finds the operation of a request and checks the request against it.
// The request's body can still be read afterwards.
func (d *description) request(r *http.Request) (operation, error) {
	route, params, err := d.router.FindRoute(r)
	if err != nil {
		return operation{}, fmt.Errorf("not an operation that this server knows: %w", err)
	}
	op := operation{&openapi3filter.RequestValidationInput{
		Request: r, Route: route, PathParams: params,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return operation{}, fmt.Errorf("read body: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := openapi3filter.ValidateRequest(r.Context(), op.input); err != nil {
		return op, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return op, op.strangers(r, body)
}

// strangers finds query parameters and properties that GitHub does not know.
// The description lets them pass, and GitHub ignores them: a misspelt one would
// go unnoticed.
func (o operation) strangers(r *http.Request, body []byte) error {
	for name := range r.URL.Query() {
		if o.input.Route.Operation.Parameters.GetByInAndName("query", name) == nil {
			return fmt.Errorf("query parameter %q is not known", name)
		}
	}
	if len(body) == 0 {
		return nil
	}
	if o.input.Route.Operation.RequestBody == nil {
		return fmt.Errorf("a body where none is expected: %.100s", body)
	}
	var sent any
	if err := json.Unmarshal(body, &sent); err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	media := o.input.Route.Operation.RequestBody.Value.Content.Get("application/json")
	if media == nil {
		return fmt.Errorf("a JSON body where another is expected")
	}
	return strangersIn(media.Schema.Value, sent)
}

// answer checks one of our own answers, so that the stand-in does not drift
// from what it stands in for. Statuses the description leaves out, like 500,
// are not checked.
func (o operation) answer(rec *httptest.ResponseRecorder) error {
	if o.input.Route.Operation.Responses.Status(rec.Code) == nil {
		return nil
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: o.input, Status: rec.Code, Header: rec.Header(),
		Body:    io.NopCloser(strings.NewReader(rec.Body.String())),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
}
