package analyze

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
)

// wire carries requests to a registry that may be slow, busy or broken for a
// moment. It is the lowest transport: tokens are fetched over it, too.
type wire struct {
	next     http.RoundTripper
	keys     authn.Keychain
	pauses   []time.Duration // before the second try, the third, …
	patience time.Duration   // for the first or next byte of an answer
	longest  time.Duration   // what a Retry-After may ask for
}

// registries is the wire to all registries. Connections that are idle end by
// themselves. Bodies come as they are stored: a blob that a server labels as
// compressed must keep its digest.
var registries = newWire()

func newWire() wire {
	next := http.DefaultTransport.(*http.Transport).Clone()
	next.DisableCompression = true
	return wire{
		next:     next,
		keys:     authn.DefaultKeychain,
		pauses:   []time.Duration{250 * time.Millisecond, time.Second, 3 * time.Second},
		patience: 30 * time.Second,
		longest:  20 * time.Second,
	}
}

// errStalled says that a server stays silent. Asking again would only double
// the wait.
var errStalled = errors.New("no byte came")

// RoundTrip sends req until there is an answer worth having.
func (w wire) RoundTrip(req *http.Request) (*http.Response, error) {
	for try := 0; ; try++ {
		resp, err := w.once(req)
		wait, again := w.again(req, resp, err, try)
		if !again {
			return resp, err
		}
		if resp != nil {
			resp.Body.Close()
		}
		if err := courier.Sleep(req.Context(), wait); err != nil {
			return nil, err
		}
		if req, err = rewound(req); err != nil {
			return nil, err
		}
	}
}

// rewound is req with its body from the start.
func rewound(req *http.Request) (*http.Request, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	again := req.Clone(req.Context())
	again.Body = body
	return again, nil
}

// once sends req and gives the answer a body that does not wait for ever.
func (w wire) once(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	watch := time.AfterFunc(w.patience, func() { cancel(fmt.Errorf("%w for %s", errStalled, w.patience)) })
	resp, err := w.next.RoundTrip(req.WithContext(ctx))
	watch.Stop()
	body := &watched{ctx: ctx, cancel: cancel, watch: watch, patience: w.patience}
	if err != nil {
		cancel(nil)
		return nil, body.why(err)
	}
	body.ReadCloser = resp.Body
	resp.Body = body
	return resp, nil
}

// watched is a body that ends when no byte comes for a while. The time its
// reader takes between two reads does not count.
type watched struct {
	io.ReadCloser
	ctx      context.Context
	cancel   context.CancelCauseFunc
	watch    *time.Timer
	patience time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	w.watch.Reset(w.patience)
	n, err := w.ReadCloser.Read(p)
	w.watch.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		err = w.why(err)
	}
	return n, err
}

func (w *watched) Close() error {
	w.watch.Stop()
	err := w.ReadCloser.Close()
	w.cancel(nil)
	return err
}

// why is err, or that the server stalled where it comes from that.
func (w *watched) why(err error) error {
	if cause := context.Cause(w.ctx); errors.Is(cause, errStalled) {
		return cause
	}
	return err
}

// busy are the answers after which asking again may help.
var busy = []int{
	http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
	http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

// again decides whether req is sent once more, and how long to wait before.
func (w wire) again(req *http.Request, resp *http.Response, err error, try int) (wait time.Duration, again bool) {
	sendable := req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
	switch {
	case try >= len(w.pauses) || !sendable || req.Context().Err() != nil:
		return 0, false
	case err != nil:
		return w.pauses[try], passing(err)
	case !slices.Contains(busy, resp.StatusCode):
		return 0, false
	}
	asked, _ := courier.RetryAfter(resp.Header.Get("Retry-After"), time.Now())
	return max(w.pauses[try], asked), asked <= w.longest
}

// passing reports whether a connection failed in a way that a new one may not.
func passing(err error) bool {
	if errors.Is(err, errStalled) {
		return false
	}
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, net.ErrClosed} {
		if errors.Is(err, known) {
			return true
		}
	}
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// checkRedirect keeps a registry from sending us to places that only this
// machine can reach, such as the credentials service of a cloud, and from
// dropping encryption. Credentials never follow a redirect to another host:
// the transport adds them for the registry alone.
func checkRedirect(req *http.Request, via []*http.Request) error {
	const most = 10
	from, to := via[0].URL, req.URL
	switch {
	case len(via) >= most:
		return fmt.Errorf("more than %d redirects", most)
	case from.Scheme == "https" && to.Scheme != "https":
		return fmt.Errorf("redirected from https to %s://%s, which is not followed", to.Scheme, to.Host)
	case !inside(from.Hostname()) && inside(to.Hostname()):
		return fmt.Errorf("redirected to %s, an address inside this network, which is not followed", to.Host)
	}
	return nil
}

// inside reports whether host is the address of this machine or its network.
func inside(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host == "localhost"
	}
	addr = addr.Unmap()
	return addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsUnspecified()
}
