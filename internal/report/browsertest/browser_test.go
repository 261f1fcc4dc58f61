package browsertest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// saved reads a comparison of a real run: of the example in Gin with the one in
// Flask.
func saved(t *testing.T, name string) record.Comparison {
	t.Helper()
	packed, err := os.Open(filepath.Join("testdata", name+".json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	raw, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	var c record.Comparison
	if err := json.NewDecoder(raw).Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

func render(t *testing.T, c record.Comparison) []byte {
	t.Helper()
	page, err := report.HTML(c, report.Options{Label: "plimsoll: accept"})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// chromium is what the tests open pages in.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "google-chrome", "chromium-browser", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is neither chromium nor google-chrome on the PATH: run scripts/setup test")
	return ""
}

// browser starts a Chromium of the test's own, which ends with it.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)),
		chromedp.Flag("no-sandbox", true), // in a container, and as root
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-component-update", true),
	)
	ctx, end := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(end)
	ctx, end = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	return ctx
}

// watched is what a page did that no reader sees.
type watched struct {
	mu       sync.Mutex
	requests []string
	messages []string
}

func (w *watched) note(list *[]string, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*list = append(*list, fmt.Sprintf(format, args...))
}

func (w *watched) see(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.note(&w.requests, "%s", e.Request.URL)
	case *runtime.EventExceptionThrown:
		w.note(&w.messages, "exception: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		w.note(&w.messages, "console: %s", e.Type)
	case *log.EventEntryAdded:
		w.note(&w.messages, "%s: %s", e.Entry.Source, e.Entry.Text)
	}
}

// serve offers a page, and nothing else, on a server that counts what is asked of it.
func serve(t *testing.T, page []byte, w *watched) string {
	t.Helper()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w.note(&asked, "%s %s", r.Method, r.URL.Path)
		out.Header().Set("Content-Type", "text/html")
		http.ServeContent(out, r, "", time.Time{}, bytes.NewReader(page))
	}))
	t.Cleanup(func() {
		server.Close()
		if len(asked) != 1 {
			t.Errorf("the server was asked for %v, want the page alone", asked)
		}
	})
	return server.URL + "/"
}

// open shows a page at a width and in a colour scheme.
func open(ctx context.Context, t *testing.T, url string, width int64, scheme string, options ...chromedp.EmulateViewportOption) {
	t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900, options...)); err != nil {
		t.Fatal(err)
	}
	if url == "" {
		return
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
}
