package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// limitRate is how many requests a second a server that limits them takes.
const limitRate = 200

// adversity is a server that makes it hard to ensure aliases.
type adversity struct {
	name  string
	sizes []int
	ideal float64 // nanoseconds each; 0: not known
	wrap  func(http.Handler) http.Handler
}

var adversities = []adversity{
	{fmt.Sprintf("a limit of %d requests a second", limitRate), []int{100, 1_000}, 1e9 / limitRate, limited},
	{"a tenth of the responses lost", []int{100, 1_000, 10_000}, 0, lossy},
}

// adverseResult is what it takes to ensure so many aliases against it.
type adverseResult struct {
	name                          string
	size                          int
	nanos, ideal, requests, lists float64
}

// compareAdverse ensures aliases in a job of apitest, which must all be there in the end.
func compareAdverse(e effort) ([]adverseResult, error) {
	var all []adverseResult
	for _, a := range adversities {
		for _, size := range a.sizes[:min(len(a.sizes), e.adverse)] {
			r := adverseResult{name: a.name, size: size, ideal: a.ideal * float64(size)}
			var nanos, requests, lists []float64
			for range min(3, e.repeats) {
				took, sent, listed, err := ensureAgainst(a, size)
				if err != nil {
					return nil, fmt.Errorf("%s, %d: %w", a.name, size, err)
				}
				nanos, requests, lists = append(nanos, took), append(requests, sent), append(lists, listed)
			}
			r.nanos, r.requests, r.lists = median(nanos), median(requests), median(lists)
			all = append(all, r)
		}
	}
	return all, nil
}

func ensureAgainst(a adversity, size int) (nanos, requests, lists float64, err error) {
	fake := apitest.NewServer()
	defer fake.Close()
	job := fake.AddJob("nightly")
	target := fake.AddSecret(job, secretKey(0), generated.VariableScopeEnvironment)
	var all, gets atomic.Int64
	handler := a.wrap(fake.Handler())
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all.Add(1)
		if r.Method == http.MethodGet {
			gets.Add(1)
		}
		handler.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	defer s.Close()
	client, err := Endpoint{s.URL, fake.Token(), nil}.client()
	if err != nil {
		return 0, 0, 0, err
	}
	defer client.CloseIdleConnections()
	start := time.Now()
	err = ensureAll(client, fake, job, target, size)
	return float64(time.Since(start)), float64(all.Load()), float64(gets.Load()), err
}

// ensureAll fails unless every alias is reported and there.
func ensureAll(client *api.Client, fake *apitest.Server, job, target uuid.UUID, size int) error {
	specs := make([]api.AliasSpec, size)
	for i := range specs {
		specs[i] = api.AliasSpec{SecretID: target, Request: api.AliasRequest{Key: aliasKey(i)}}
	}
	_, err := client.EnsureJobSecretAliases(context.Background(), job, specs)
	if err == nil && len(fake.Secrets(job)) != size+1 {
		err = errors.New("not all aliases are there")
	}
	return err
}
