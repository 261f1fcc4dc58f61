// Command enginehost finds the container engine that the scripts and the tests
// are to use, by asking it. It stands in for `docker version`, because a fresh
// machine has no docker client, and the client that comes first on a PATH may
// be too new for the engine.
//
//	enginehost              print the address of the first engine that answers
//	enginehost -wait 30s    the same, asking again until the time is over
//	enginehost -list        print the addresses it would ask
//	enginehost -at ADDRESS  ask that one alone
//	enginehost -dial SOCKET succeed when somebody accepts on the unix socket
//	enginehost -url URL     succeed when an HTTP server answers at all
//
// It needs the standard library and package endpoint alone, so that it runs before any module has
// been downloaded. It exits 1 when nothing answers, with one line for each
// address that was tried.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/engine/endpoint"
)

func main() {
	os.Exit(run(context.Background(), os.Getenv, os.Stdout, os.Stderr, os.Args[1:]))
}

func run(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer, args []string) int {
	flags := flag.NewFlagSet("enginehost", flag.ContinueOnError)
	flags.SetOutput(stderr)
	wait := flags.Duration("wait", 0, "keep asking for so long")
	at := flags.String("at", "", "the only address to ask")
	list := flags.Bool("list", false, "print the addresses to ask, and ask none")
	dial := flags.String("dial", "", "unix socket to connect to, instead of finding an engine")
	url := flags.String("url", "", "address of an HTTP server to ask, instead of finding an engine")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	var err error
	switch {
	case *dial != "":
		err = dialSocket(ctx, *dial)
	case *url != "":
		err = askURL(ctx, *url)
	default:
		err = find(ctx, getenv, stdout, *at, *wait, *list)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// find prints the engine that answers, or only where it would look for one.
func find(ctx context.Context, getenv func(string) string, stdout io.Writer, at string, wait time.Duration, list bool) error {
	engines, err := candidates(getenv, at)
	if err != nil {
		return err
	}
	if list {
		for _, e := range engines {
			fmt.Fprintln(stdout, e.Host)
		}
		return nil
	}
	host, err := search(ctx, engines, wait)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, host)
	return nil
}

// search asks the engines in turn, and again until the time is over, and
// returns the address of the first that answers.
func search(ctx context.Context, engines []endpoint.Endpoint, wait time.Duration) (string, error) {
	deadline := time.Now().Add(wait)
	for {
		var failures []error
		for _, e := range engines {
			err := ping(ctx, e)
			if err == nil {
				return e.Host, nil
			}
			failures = append(failures, fmt.Errorf("%s: %w", e.Host, err))
		}
		if time.Now().After(deadline) {
			return "", errors.Join(failures...)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func dialSocket(ctx context.Context, path string) error {
	dialer := net.Dialer{Timeout: 3 * time.Second}
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err != nil {
		return err
	}
	return conn.Close()
}

// askURL is content with any answer: a registry says 401 to whoever asks for
// /v2/ without a token.
func askURL(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
