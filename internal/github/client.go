package github

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
)

// Client talks to one GitHub, GitHub Enterprise Server or compatible API. It is
// for one goroutine.
type Client struct {
	api  *github.Client
	self *string // the token's own login, once it was asked for
}

// Options say how a [Client] reaches the API.
type Options struct {
	API   string // base URL, GITHUB_API_URL
	Token string
	// HTTP lends its transport and redirect policy; http.DefaultClient when nil.
	// Its timeout is not used: every try has one of its own.
	HTTP *http.Client
	// MaxWait bounds the time one client spends waiting for rate limits to lift;
	// 2 minutes when zero.
	MaxWait time.Duration
	// Try bounds one exchange with the API; 20 seconds when zero.
	Try time.Duration
}

// NewClient makes a client. It returns a [*RefusedError] with reason [NoToken]
// when there is no token, since nothing can be posted without one.
func NewClient(o Options) (*Client, error) {
	if o.Token == "" {
		return nil, &RefusedError{Reason: NoToken}
	}
	api, err := apiURL(o.API)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(api)
	if err != nil {
		return nil, fmt.Errorf("read API URL: %w", err)
	}
	lent := o.HTTP
	if lent == nil {
		lent = http.DefaultClient
	}
	gh := github.NewClient(&http.Client{
		Transport:     saying{courier.New(courier.Options{Base: base, Token: o.Token, Next: lent.Transport, MaxWait: o.MaxWait, Try: o.Try})},
		CheckRedirect: lent.CheckRedirect,
	})
	gh.BaseURL, gh.UserAgent = base, "plimsoll"
	return &Client{api: gh}, nil
}

// saying lets no success through that says nothing, as a proxy in between may
// answer: the client library makes a nil of it, and no error.
type saying struct{ next http.RoundTripper }

var errSilent = errors.New("the answer is a success without content")

// RoundTrip implements http.RoundTripper. The body is in memory already.
func (s saying) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if text := bytes.TrimSpace(body); len(text) == 0 || string(text) == "null" {
		return nil, errSilent
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}
