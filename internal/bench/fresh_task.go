package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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

// order is what a process is told to do.
type order struct {
	Task    string
	ByHand  bool
	URL     string
	Job     uuid.UUID
	Secrets int // that a list is to have
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
