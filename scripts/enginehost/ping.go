package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/engine/endpoint"
)

// candidates lists where to look: only in the named place if there is one, else
// where the product looks.
func candidates(getenv func(string) string, only string) ([]endpoint.Endpoint, error) {
	if only != "" {
		return []endpoint.Endpoint{endpoint.At(getenv, only, "-at")}, nil
	}
	return endpoint.List(getenv)
}

// ping asks the engine for its version. /_ping alone would not do: a proxy may
// answer it for an engine that is gone.
func ping(ctx context.Context, e endpoint.Endpoint) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	transport, base, err := transportTo(e)
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/version", nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var version struct{ APIVersion string }
	if err := json.NewDecoder(response.Body).Decode(&version); err != nil || version.APIVersion == "" {
		return fmt.Errorf("something answers (%s), but not as a container engine does", response.Status)
	}
	return nil
}

// transportTo returns how to reach the endpoint, and the URL to put before paths.
func transportTo(e endpoint.Endpoint) (*http.Transport, string, error) {
	address, err := url.Parse(e.Host)
	if err != nil {
		return nil, "", err
	}
	switch address.Scheme {
	case "unix":
		socket := strings.TrimPrefix(e.Host, "unix://")
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}
		return &http.Transport{DialContext: dial}, "http://engine", nil
	case "tcp", "http", "https":
		if e.Certs == "" && address.Scheme != "https" {
			return &http.Transport{}, "http://" + address.Host, nil
		}
		config, err := tlsConfig(e)
		return &http.Transport{TLSClientConfig: config}, "https://" + address.Host, err
	}
	return nil, "", fmt.Errorf("cannot reach an engine by %q, expected unix:// or tcp://", address.Scheme)
}

func tlsConfig(e endpoint.Endpoint) (*tls.Config, error) {
	if e.Certs == "" {
		return &tls.Config{}, nil
	}
	authority, err := os.ReadFile(filepath.Join(e.Certs, "ca.pem"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	own, err := tls.LoadX509KeyPair(filepath.Join(e.Certs, "cert.pem"), filepath.Join(e.Certs, "key.pem"))
	if err != nil {
		return nil, err
	}
	return &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{own}}, nil
}
