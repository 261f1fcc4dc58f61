package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// response is what a server answered, as a test compares it.
type response struct {
	Request string `json:"request"`
	Status  int    `json:"status"`
	Type    string `json:"type"`
	Body    string `json:"body"`
}

// ask requests each of its arguments, "METHOD PATH" or "METHOD PATH BODY", of
// 127.0.0.1:$PORT, and prints the answers. Run in the network namespace of a
// container, it is how a test talks to one that has no network. It tries for
// ten seconds to be let in.
func ask(args []string) int {
	base := "http://127.0.0.1:" + environment("PORT", "8080")
	for _, arg := range args {
		var r response
		var err error
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if r, err = request(base, arg); err == nil {
				break
			}
		}
		if err != nil {
			return fatal(err)
		}
		fact(r)
	}
	return 0
}

func request(base, line string) (response, error) {
	words := strings.SplitN(line, " ", 3)
	if len(words) < 2 {
		fmt.Fprintf(os.Stderr, "fixture: %q is no METHOD PATH [BODY]\n", line)
		os.Exit(2)
	}
	var body io.Reader
	if len(words) == 3 {
		body = strings.NewReader(words[2])
	}
	request, err := http.NewRequest(words[0], base+words[1], body)
	if err != nil {
		return response{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return response{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return response{line, answer.StatusCode, answer.Header.Get("Content-Type"), string(text)}, err
}
