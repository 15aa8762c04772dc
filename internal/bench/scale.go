package bench

import (
	"fmt"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// sizes are how many aliases and secrets are worked on at once.
var sizes = []int{10, 100, 1_000, 10_000}

// parallel is how many creates EnsureJobSecretAliases has under way at most.
const parallel = 8

// scaleResult is what one call for so many aliases or secrets costs.
type scaleResult struct {
	size int
	figures
	peak                  float64 // bytes of heap in use at most, beyond those before
	requests, connections float64
}

// scale measures a call at all sizes over HTTP/1.1, each time by a new client, so
// with no connection open yet.
func scale(e effort, call func(*api.Client, *responses) error) ([]scaleResult, error) {
	var all []scaleResult
	for _, size := range sizes {
		r, err := scaleAt(e, size, call)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", size, err)
		}
		all = append(all, r)
	}
	return all, nil
}

func scaleAt(e effort, size int, call func(*api.Client, *responses) error) (scaleResult, error) {
	a, err := newResponses(size)
	if err != nil {
		return scaleResult{}, err
	}
	s := startHTTP1(a)
	defer s.Close()
	r := scaleResult{size: size}
	var all []figures
	var peaks, requests, connections []float64
	for range e.repeats {
		client, err := Endpoint{s.URL, token, nil}.client()
		if err != nil {
			return r, err
		}
		sent, opened := s.requests.Load(), s.connections.Load()
		var f figures
		peaks = append(peaks, peakHeap(func() {
			f, err = measure(subject{run: func(int) error { return call(client, a) }}, 1)
		}))
		if err != nil {
			return r, err
		}
		all = append(all, f)
		requests = append(requests, float64(s.requests.Load()-sent))
		connections = append(connections, float64(s.connections.Load()-opened))
		client.CloseIdleConnections()
	}
	r.figures, r.peak = medians(all), median(peaks)
	r.requests, r.connections = median(requests), median(connections) // net/http drops one that is slow to be free
	return r, nil
}

// ensureEach makes an alias of each secret, by its key.
func ensureEach(client *api.Client, a *responses) error {
	return ensure(client, a, specs(a, len(a.secrets)))
}
