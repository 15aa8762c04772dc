package bench

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// freshResult compares the two ways to do a task, each process paired with one of the other.
type freshResult struct {
	task                  string
	byHand, client        freshFigures
	time, peak            ratio
	requests, connections [2]float64 // of each process: by hand, client
}

// freshFigures are what a process measured of itself: nanoseconds, and the bytes of heap in
// use at most.
type freshFigures struct{ Nanos, Peak float64 }

// compareFresh has new processes of this program do each task in turn, over TLS.
func compareFresh(e effort) ([]freshResult, error) {
	var all []freshResult
	for _, t := range tasks {
		r, err := compareFreshAt(e, t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
		all = append(all, r)
	}
	return all, nil
}

func compareFreshAt(e effort, t task) (freshResult, error) {
	r := freshResult{task: t.name}
	a, err := newResponses(t.secrets)
	if err != nil {
		return r, err
	}
	s := startHTTP2(a)
	defer s.Close()
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		return r, err
	}
	var nanos, peaks [2][]float64
	for range e.fresh {
		for i, byHand := range []bool{true, false} {
			requests, connections := s.requests.Load(), s.connections.Load()
			f, err := newProcess(ca, order{t.name, byHand, s.URL, a.job, t.secrets})
			if err != nil {
				return r, err
			}
			nanos[i], peaks[i] = append(nanos[i], f.Nanos), append(peaks[i], f.Peak)
			r.requests[i] = max(r.requests[i], float64(s.requests.Load()-requests))
			r.connections[i] = max(r.connections[i], float64(s.connections.Load()-connections))
		}
	}
	r.byHand, r.client = freshFigures{median(nanos[0]), median(peaks[0])}, freshFigures{median(nanos[1]), median(peaks[1])}
	r.time, r.peak = pairedRatio(nanos[1], nanos[0]), pairedRatio(peaks[1], peaks[0])
	return r, nil
}

// newProcess starts this program again, with an order on its standard input.
func newProcess(ca string, o order) (f freshFigures, err error) {
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	cmd := exec.Command(self, "-fresh")
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+ca)
	in, err := cmd.StdinPipe()
	if err != nil {
		return f, err
	}
	go func() {
		json.NewEncoder(in).Encode(o)
		in.Close()
	}()
	out, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		err = fmt.Errorf("%w: %s", err, failed.Stderr)
	}
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(out, &f)
}
