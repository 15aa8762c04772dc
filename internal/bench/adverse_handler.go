package bench

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// limited refuses what comes sooner after the last request it took than the rate allows, as
// nginx does without a burst.
func limited(h http.Handler) http.Handler {
	var mu sync.Mutex
	var last time.Time
	take := func() bool {
		mu.Lock()
		defer mu.Unlock()
		now := time.Now()
		if now.Sub(last) < time.Second/limitRate {
			return false
		}
		last = now
		return true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !take() {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// lossy drops the connection instead of one response in ten, after the request has taken
// effect.
func lossy(h http.Handler) http.Handler {
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(1, 2))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		lost := rnd.IntN(10) == 0
		mu.Unlock()
		if lost {
			h.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		h.ServeHTTP(w, r)
	})
}
