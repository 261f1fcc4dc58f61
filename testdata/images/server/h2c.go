package main

import (
	"errors"
	"net"
	"net/http"
	"os"
)

// h2c is serve in HTTP/2 without TLS, and in nothing else. Who posts to /login
// is answered with 201.
func h2c([]string) int {
	mux := handler(ok)
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	server := &http.Server{Handler: mux, Protocols: new(http.Protocols)}
	server.Protocols.SetUnencryptedHTTP2(true)
	l, err := net.Listen("tcp", ":8080")
	if err != nil {
		return fatal(err)
	}
	go func() {
		if err := server.Serve(l); !errors.Is(err, net.ErrClosed) {
			os.Exit(fatal(err))
		}
	}()
	untilTold()
	return 0
}
