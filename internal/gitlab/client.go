package gitlab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
)

// client talks to one GitLab. It is for one goroutine.
type client struct {
	base *url.URL
	http *http.Client
	self int64 // the user the token belongs to, 0 until it was asked for
}

// newClient makes a client that writes with a token of the project. The HTTP
// client given lends its transport; http.DefaultClient when nil.
func newClient(run Run, token string, lent *http.Client) *client {
	if lent == nil {
		lent = http.DefaultClient
	}
	carrier := courier.New(courier.Options{Base: run.API, Token: token, Next: lent.Transport})
	return &client{base: run.API, http: &http.Client{Transport: carrier, CheckRedirect: stay}}
}

// stay follows no redirect: GitLab's API has none, and a POST that follows one
// arrives as a GET.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// answerError is an answer other than success.
type answerError struct {
	status  int
	message string
}

func (e *answerError) Error() string { return fmt.Sprintf("HTTP %d: %s", e.status, e.message) }

// request is one request to the API.
type request struct {
	method string
	path   string // below the base, its parts escaped
	query  url.Values
	body   any // sent as JSON, nil for none
}

// do sends a request, reads the answer into result unless that is nil, and gives
// the answer's headers.
func (c *client) do(ctx context.Context, r request, result any) (http.Header, error) {
	var body io.Reader
	if r.body != nil {
		raw, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(raw)
	}
	at := *c.base
	at.Path += r.path
	at.RawQuery = r.query.Encode()
	req, err := http.NewRequestWithContext(ctx, r.method, at.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "plimsoll")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return resp.Header, read(resp, result)
}

// read decodes an answer.
func read(resp *http.Response, result any) error {
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return &answerError{resp.StatusCode, complaint(raw)}
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(raw, result); err != nil {
		return fmt.Errorf("read GitLab's answer, expected JSON: %w", err)
	}
	return nil
}

// maxComplaint bounds what is repeated of an answer, in bytes.
const maxComplaint = 300

// complaint is what GitLab says is wrong: a text, or an object of them.
func complaint(raw []byte) string {
	var said struct {
		Message     json.RawMessage `json:"message"`
		Error       string          `json:"error"`
		Description string          `json:"error_description"`
	}
	text := string(raw)
	if json.Unmarshal(raw, &said) == nil {
		var message string
		switch {
		case json.Unmarshal(said.Message, &message) == nil:
			text = message
		case len(said.Message) > 0:
			text = string(said.Message)
		case said.Error != "":
			text = said.Error + " " + said.Description
		}
	}
	return strconv.QuoteToASCII(text[:min(len(text), maxComplaint)])
}
