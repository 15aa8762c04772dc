package bench

import (
	"net/http"
	"testing"
)

func TestServerCounts(t *testing.T) {
	a, err := newResponses(3)
	if err != nil {
		t.Fatal(err)
	}
	for name, start := range map[string]func(*responses) *server{http1: startHTTP1, http2: startHTTP2} {
		s := start(a)
		client, err := Endpoint{s.URL, token, &http.Client{Transport: s.newTransport()}}.client()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := ensureEach(client, a); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if got := s.requests.Load(); got != 8 { // a list and 3 creates, twice
			t.Errorf("%s: %d requests, want 8", name, got)
		}
		if got := s.connections.Load(); got < 1 || name == http2 && got != 1 {
			t.Errorf("%s: %d connections", name, got)
		}
		s.Close()
	}
}
