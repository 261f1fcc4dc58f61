package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/engine/endpoint"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// ErrNoEngine is returned by [Connect] when no engine answers.
var ErrNoEngine = errors.New("no container engine answers")

// Client is a connection to one container engine.
type Client struct {
	api         *client.Client
	environment record.Environment
	without6    atomic.Bool // the host has no IPv6 to give pods
	life        *lifeline
}

// pingTimeout bounds the first contact with each endpoint. One that answers may
// be busy, and take describeTimeout to say what it is: an engine that unpacks a
// large layer was seen to need more than five seconds.
const (
	pingTimeout     = 5 * time.Second
	describeTimeout = 30 * time.Second
)

// Connect finds the engine that DOCKER_HOST, a Docker context or the usual
// sockets offer, in this order. The error is [ErrNoEngine] with every place
// that was tried and what it said.
func Connect(ctx context.Context, getenv func(string) string) (*Client, error) {
	candidates, err := endpoint.List(getenv)
	if err != nil {
		return nil, err
	}
	var tried []string
	for _, candidate := range candidates {
		c, err := open(ctx, candidate)
		if err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		tried = append(tried, fmt.Sprintf("  %s (from %s): %v", candidate.Host, candidate.Source, err))
	}
	return nil, fmt.Errorf("%w; tried\n%s\nstart one (`sudo systemctl start docker`), or set DOCKER_HOST", ErrNoEngine, strings.Join(tried, "\n"))
}

func open(ctx context.Context, at endpoint.Endpoint) (*Client, error) {
	if scheme, _, _ := strings.Cut(at.Host, "://"); scheme == "ssh" {
		return nil, errors.New("ssh endpoints are not supported: forward the socket (`ssh -L /tmp/engine.sock:/var/run/docker.sock HOST`) and set DOCKER_HOST=unix:///tmp/engine.sock")
	}
	life := newLifeline(at.Host)
	options := []client.Opt{client.WithHost(at.Host), life.option(), client.WithUserAgent("plimsoll")}
	if at.Certs != "" {
		options = append(options, client.WithTLSClientConfig(filepath.Join(at.Certs, "ca.pem"),
			filepath.Join(at.Certs, "cert.pem"), filepath.Join(at.Certs, "key.pem")))
	}
	api, err := client.New(options...)
	if err != nil {
		return nil, err
	}
	environment, err := describe(ctx, api)
	if err != nil {
		_ = api.Close()
		return nil, err
	}
	life.follow(func(ctx context.Context) error {
		_, err := api.Ping(ctx, client.PingOptions{})
		return err
	})
	return &Client{api: api, environment: environment, life: life}, nil
}

// describe asks the engine what it is.
func describe(ctx context.Context, api *client.Client) (record.Environment, error) {
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	if err := ping(ctx, api); err != nil {
		return record.Environment{}, err
	}
	info, err := api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return record.Environment{}, fmt.Errorf("ask the engine about itself: %w", err)
	}
	version, err := api.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return record.Environment{}, fmt.Errorf("ask the engine for its version: %w", err)
	}
	if info.Info.OSType != "linux" {
		return record.Environment{}, fmt.Errorf("the engine runs %s containers, expected linux", info.Info.OSType)
	}
	cgroup := info.Info.CgroupVersion
	if cgroup == "" {
		cgroup = "1" // engines older than the field know no other
	}
	return record.Environment{
		Engine: engineName(version), EngineVersion: version.Version, API: api.ClientVersion(),
		Storage: storage(info), CgroupVersion: cgroup, CgroupDriver: info.Info.CgroupDriver,
		Kernel: info.Info.KernelVersion, Arch: architecture(version.Arch),
		CPUs: info.Info.NCPU, Memory: record.Bytes(info.Info.MemTotal),
	}, nil
}

func ping(ctx context.Context, api *client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	_, err := api.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true})
	return err
}

// podman is the name of the engine that needs another order of removal.
const podman = "Podman"

func engineName(version client.ServerVersionResult) string {
	for _, component := range version.Components {
		if strings.Contains(component.Name, podman) {
			return podman
		}
	}
	return "Docker"
}

// storage tells the containerd image store from the classic one of the same
// driver name.
func storage(info client.SystemInfoResult) string {
	for _, pair := range info.Info.DriverStatus {
		if pair[0] == "driver-type" {
			return info.Info.Driver + " (containerd)"
		}
	}
	return info.Info.Driver
}

// architecture gives Go's name for a machine, which images use too.
func architecture(machine string) string {
	switch machine {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	}
	return machine
}

// Environment describes the engine and its host. The sampler is not known yet.
func (c *Client) Environment() record.Environment { return c.environment }

// Close lets go of the connection.
func (c *Client) Close() error {
	c.life.end()
	return c.api.Close()
}
