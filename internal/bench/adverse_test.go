package bench

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := limited(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }))
		for _, want := range []int{http.StatusCreated, http.StatusTooManyRequests, http.StatusTooManyRequests, http.StatusCreated} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
			if w.Code != want {
				t.Errorf("at %s: %d, want %d", time.Now().Format(".000"), w.Code, want)
			}
			time.Sleep(2 * time.Millisecond)
		}
	})
}

func TestLossy(t *testing.T) {
	served, sent := 0, 0
	h := lossy(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { served++ }))
	for range 1000 {
		func() {
			defer func() { recover() }()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil))
			sent++
		}()
	}
	if served != 1000 || sent < 850 || sent > 950 {
		t.Errorf("of 1000 requests %d took effect and %d had a response", served, sent)
	}
}
