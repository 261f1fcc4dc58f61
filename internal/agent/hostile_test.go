package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// An app may answer with anything, for ever.

const interim = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"

// asked answers every request with the same bytes.
func asked(t *testing.T, answer string) int {
	t.Helper()
	return rawPort(t, func(c net.Conn) {
		c.Read(make([]byte, 1<<10))
		io.WriteString(c, answer)
	})
}

func TestProbeWaitsForTheFinalAnswer(t *testing.T) {
	port := asked(t, interim+interim+"HTTP/1.1 204 No Content\r\n\r\n")
	p := probe{kind: record.ReadyHTTP, path: "/", port: port, began: time.Now(), closed: time.Now()}
	got, err := p.run(bounded(t), always)
	if err != nil || got.Status != http.StatusNoContent {
		t.Errorf("got %+v, %v; expected the 204 after two interim answers", got, err)
	}
}

func TestProbeIsNotReadyByAnInterimAnswer(t *testing.T) {
	for name, c := range map[string]struct{ answer, want string }{
		"then refused":  {interim + "HTTP/1.1 503 Not Yet\r\nContent-Length: 0\r\n\r\n", "with 503"},
		"then nothing":  {interim, "broke off"},
		"for ever":      {strings.Repeat(interim, 1+maxHead/len(interim)), "head is longer than 64 KiB"},
		"status of 000": {"HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n", "status 000 is not one of HTTP"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			p := probe{kind: record.ReadyHTTP, path: "/", port: asked(t, c.answer), began: time.Now(), closed: time.Now()}
			if got, err := p.run(ctx, always); !errors.Is(err, errNotReady) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %+v, %v; expected %q in the error", got, err, c.want)
			}
		})
	}
}

// An endless head is read as far as its bound, not as far as the memory goes.
func TestProbeBoundsTheHead(t *testing.T) {
	for name, begin := range map[string]string{
		"status line": "HTTP/1.1 200 ",
		"field line":  "HTTP/1.1 200 OK\r\nA: ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app, agent := net.Pipe() // without a buffer: what is written was read
			defer agent.Close()
			var written atomic.Int64
			go func() {
				app.Read(make([]byte, 1<<10))
				io.WriteString(app, begin)
				for {
					n, err := app.Write([]byte(strings.Repeat("x", 1<<10)))
					written.Add(int64(n))
					if err != nil {
						return
					}
				}
			}()
			p := probe{kind: record.ReadyHTTP, path: "/", port: 1}
			var a attempt
			p.exchange(agent, &a)
			if !errors.Is(a.err, errLongHead) || a.status != 0 {
				t.Errorf("got %+v, expected %v", a, errLongHead)
			}
			if n := written.Load(); n > maxHead {
				t.Errorf("%d bytes of a head were read, expected at most %d", n, maxHead)
			}
		})
	}
}

// A body that never ends is an answer: its head came, and so did as much as
// any health check reads.
func TestProbeBoundsTheBody(t *testing.T) {
	port := rawPort(t, func(c net.Conn) {
		c.Read(make([]byte, 1<<10))
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		for block := []byte(strings.Repeat("x", 64<<10)); ; {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	})
	p := probe{kind: record.ReadyHTTP, path: "/", port: port, began: time.Now(), closed: time.Now()}
	if got, err := p.run(bounded(t), always); err != nil || got.Status != http.StatusOK {
		t.Errorf("got %+v, %v", got, err)
	}
}

// crowd is an app that listens on n addresses, 60,000 ports each.
func crowd(n int) []listener {
	all := make([]listener, n)
	for i := range all {
		address := netip.AddrFrom4([4]byte{127, byte(1 + i/60_000), 0, 2})
		all[i] = listener{netip.AddrPortFrom(address, uint16(1024+i%60_000)), uint32(i)}
	}
	return all
}

func TestCrowdsAreToldInShort(t *testing.T) {
	all := append(crowd(200_000), listener{netip.MustParseAddrPort("[::]:8080"), 1})
	texts := addresses(first(all, 8080))
	if len(texts) != shown+1 || texts[shown] != fmt.Sprintf("and %d more", len(all)-shown) {
		t.Errorf("got %d texts, the last is %q", len(texts), texts[len(texts)-1])
	}
	for _, text := range texts[:4] {
		if !strings.HasSuffix(text, ":8080") {
			t.Errorf("%s stands before the app's own port", text)
		}
	}
	exposed := make([]int, 65_535)
	for i := range exposed {
		exposed[i] = i + 1
	}
	r := resolver{exposed: exposed}
	if found := r.candidates(all); len(found) != 60_000 {
		t.Errorf("%d candidates, expected 60000", len(found))
	}
	if failure := r.several(all).Error(); len(failure) > 1<<10 {
		t.Errorf("a message of %d bytes", len(failure))
	}
	if text := portList(exposed); !strings.HasSuffix(text, "16 or 65519 more") {
		t.Errorf("got %q", text)
	}
}
