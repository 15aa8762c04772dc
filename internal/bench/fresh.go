package bench

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// task is something that a process does first and once: by hand, and by this client.
type task struct {
	name    string
	secrets int // that the job sees
	byHand  func(Endpoint, *responses) error
	client  func(*api.Client, *responses) error
}

var tasks = []task{
	{"the first alias", 100, firstByHand, ensureFirst},
	{"the first list, of 10000 secrets", listSize, listByHand, list},
}

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

// order is what a process is told to do.
type order struct {
	Task    string
	ByHand  bool
	URL     string
	Job     uuid.UUID
	Secrets int // that a list is to have
}

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

// fresh is what such a process does.
func fresh(in io.Reader, out io.Writer) error {
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	a, at := &responses{job: o.Job, size: o.Secrets}, Endpoint{o.URL, token, nil}
	for _, t := range tasks {
		if t.name != o.Task {
			continue
		}
		var f freshFigures
		var err error
		f.Peak = peakHeap(func() {
			start := time.Now()
			if o.ByHand {
				err = t.byHand(at, a)
			} else {
				err = byClient(at, a, t.client)
			}
			f.Nanos = float64(time.Since(start))
		})
		return errors.Join(err, json.NewEncoder(out).Encode(f))
	}
	return fmt.Errorf("there is no task %q", o.Task)
}

func byClient(at Endpoint, a *responses, do func(*api.Client, *responses) error) error {
	client, err := at.client()
	if err != nil {
		return err
	}
	return do(client, a)
}

// ensureFirst makes an alias of a secret, which it names by its key.
func ensureFirst(client *api.Client, a *responses) error {
	return ensure(client, a, []api.AliasSpec{{SecretKey: secretKey(0), Request: api.AliasRequest{Key: aliasKey(0)}}})
}

// firstByHand does the same: a list, to find the id of the secret, and a create.
func firstByHand(at Endpoint, a *responses) error {
	secrets, err := getList(at, a)
	if err != nil {
		return err
	}
	create, err := newHandWritten(at)
	if err != nil {
		return err
	}
	for _, s := range secrets {
		if s.Key == secretKey(0) {
			_, err := create(context.Background(), a.job, s.ID, aliasKey(0))
			return err
		}
	}
	return errors.New(http.StatusText(http.StatusNotFound))
}
