package main

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// frozen answers no request in the last $FROZEN ("1s") of every $EVERY ("4s")
// since its start. It prints its schedule when it ends, with the moment of the
// first request to /work, from which what each request had to wait follows.
func frozen([]string) int {
	length, err := time.ParseDuration(environment("FROZEN", "1s"))
	if err != nil {
		return fatal(err)
	}
	every, err := time.ParseDuration(environment("EVERY", "4s"))
	if err != nil || every <= length {
		return fatal(fmt.Errorf("$EVERY has to be longer than $FROZEN: %v, %v", every, err))
	}
	var first atomic.Int64
	mux := handler(ok)
	mux.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		first.CompareAndSwap(0, monotonic())
		thaw(time.Duration(monotonic()-began), length, every)
		ok(w, r)
	})
	code := serveUntilTold(mux, ":8080")
	fact(map[string]int64{"start": began, "first": first.Load(), "frozen": int64(length), "every": int64(every)})
	return code
}

// thaw waits until a freeze is over.
func thaw(now, length, every time.Duration) {
	if phase := now % every; phase >= every-length {
		time.Sleep(every - phase)
	}
}
