package load

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// protocols is how the transport is to speak, and nothing else: a load that was
// asked for in HTTP/2 is not measured in HTTP/1.1.
func protocols(p record.Protocol) *http.Protocols {
	var only http.Protocols
	if p == record.H2C {
		only.SetUnencryptedHTTP2(true)
	} else {
		only.SetHTTP1(true)
	}
	return &only
}

// checkProtocol refuses requests that could not be sent in the protocol.
func checkProtocol(p record.Protocol, request *http.Request) error {
	switch p {
	case "", record.HTTP1:
		return nil
	case record.H2C:
	default:
		return fmt.Errorf("protocol %q, expected %s or %s", p, record.HTTP1, record.H2C)
	}
	for name := range request.Header {
		if !p.Carries(name) {
			return fmt.Errorf("header %s belongs to a connection of HTTP/1.1, and HTTP/2 has none such", name)
		}
	}
	return nil
}

// The causes of errors that only HTTP/2 has.
const (
	causeStream = "stream reset"
	causeHTTP1  = "answer in HTTP/1.1, not in h2c"
)

// causeInHTTP2 is the cause of an error of net/http's own HTTP/2, whose types it
// does not export, and "" for any other. What the server says of its reasons
// stands behind these words and is not looked at.
func causeInHTTP2(err error) string {
	text := err.Error()
	switch {
	case strings.HasSuffix(text, "note that the frame header looked like an HTTP/1.1 header"):
		return causeHTTP1
	case strings.HasPrefix(text, "stream error: "):
		return causeStream
	case strings.HasPrefix(text, "http2: server sent GOAWAY"), strings.HasPrefix(text, "http2: client conn"),
		strings.HasPrefix(text, "http2: Transport received Server's graceful shutdown GOAWAY"):
		return causeClosed
	}
	return ""
}
