package githubtest

import (
	"net/http"
	"net/http/httptest"
	"strings"
)

// Fault makes matching requests go wrong.
type Fault struct {
	Method string // "" matches all
	Path   string // a part of the path, "" matches all
	Times  int    // how many requests it spoils; 0 for all from now on
	How    How

	spoilt int
}

// How answers a request in place of, or around, the server's own answer.
type How func(w http.ResponseWriter, r *http.Request, proper http.Handler)

// Fail adds a fault. Faults are tried in the order they were added, and the
// first that matches is used.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Heal removes all faults.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// record notes a request and gives what should go wrong with it.
func (s *Server) record(r Request) How {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	for _, f := range s.faults {
		fits := (f.Method == "" || f.Method == r.Method) && strings.Contains(r.Path, f.Path)
		if fits && (f.Times == 0 || f.spoilt < f.Times) {
			f.spoilt++
			return f.How
		}
	}
	return nil
}

// Status answers with an error of GitHub's form and, in pairs, headers.
func Status(code int, message string, headers ...string) How {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		send(w, refusal(code, message))
	}
}

// Hang answers nothing until the client gives up.
func Hang(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
	<-r.Context().Done()
}

// HangAfter does what was asked and answers nothing until the client gives up.
func HangAfter(_ http.ResponseWriter, r *http.Request, proper http.Handler) {
	proper.ServeHTTP(httptest.NewRecorder(), r)
	<-r.Context().Done()
}

// Cut closes the connection before anything was done.
func Cut(_ http.ResponseWriter, _ *http.Request, _ http.Handler) {
	panic(http.ErrAbortHandler)
}

// CutAfter does what was asked and closes the connection in place of an answer.
func CutAfter(_ http.ResponseWriter, r *http.Request, proper http.Handler) {
	proper.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// FailAfter does what was asked and answers with an error all the same.
func FailAfter(code int) How {
	return func(w http.ResponseWriter, r *http.Request, proper http.Handler) {
		proper.ServeHTTP(httptest.NewRecorder(), r)
		send(w, refusal(code, "Server Error"))
	}
}

// Before runs a function before the proper answer is made, such as one that
// changes the state between two requests of a client.
func Before(do func()) How {
	return func(w http.ResponseWriter, r *http.Request, proper http.Handler) {
		do()
		proper.ServeHTTP(w, r)
	}
}
