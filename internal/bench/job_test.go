package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

const (
	token  = "qov_bench_0123456789abcdefghijklmnopqrstuvwxyz" // that a job accepts
	newKey = "THE_NEW_KEY"                                    // a key whose response is prepared
)

// job responds like a job in apitest, with bytes that are prepared, so that it costs next to nothing.
// Whatever is created, it goes on having the same secrets.
type job struct {
	id             uuid.UUID
	target         generated.Secret // the secret that aliases are made of
	secrets        int
	list, alias    []byte       // the responses to a list and to a create of newKey
	lists, creates atomic.Int64 // requests
}

func newJob(t testing.TB, secrets int) *job {
	fake := apitest.NewServer()
	defer fake.Close()
	j := &job{id: fake.AddJob("nightly")}
	for i := range secrets {
		fake.AddSecret(j.id, fmt.Sprintf("SECRET_%05d", i), generated.VariableScopeEnvironment)
	}
	j.target = fake.Secrets(j.id)[secrets-1]
	fake.AddAlias(j.id, j.target.ID, newKey)
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/job/"+j.id.String()+"/secret", nil)
	r.Header.Set("Authorization", "Token "+fake.Token())
	fake.Handler().ServeHTTP(w, r)
	var all struct{ Results []json.RawMessage }
	must(t, json.Unmarshal(w.Body.Bytes(), &all))
	j.secrets, j.list, j.alias = len(all.Results), w.Body.Bytes(), all.Results[secrets]
	return j
}

// connect returns a client that reaches the job in memory, where its own code is all that takes time, or over
// loopback: by "http1", plain, or by "http2" and TLS.
func (j *job) connect(t testing.TB, client func(testing.TB, endpoint) client, network string) client {
	if network == "memory" {
		return client(t, endpoint{generated.ServerURLQovery, token, &http.Client{Transport: j}})
	}
	s := httptest.NewUnstartedServer(j)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // connections that a client gives up
	s.EnableHTTP2 = network == "http2"
	if s.EnableHTTP2 {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	s.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	return client(t, endpoint{s.URL, token, s.Client()})
}

func (j *job) create(c client, key string) error {
	got, err := c.create(context.Background(), j.id, j.target.ID, key)
	if err == nil && got != key {
		err = fmt.Errorf("key %q, want %q", got, key)
	}
	return err
}

func (j *job) listAll(c client) error {
	secrets, err := c.list(context.Background(), j.id)
	if err == nil && len(secrets) != j.secrets {
		err = fmt.Errorf("%d secrets, want %d", len(secrets), j.secrets)
	}
	return err
}

// ensure makes n aliases. A client that cannot ensure creates them, as many at once as the other does.
func (j *job) ensure(c client, n int) error {
	key := func(i int) string { return fmt.Sprintf("ALIAS_%05d", i) }
	if c.ensure == nil {
		return repeat(n, 8, func(i int) error { return j.create(c, key(i)) })
	}
	specs := make([]api.AliasSpec, n)
	for i := range specs {
		specs[i] = api.AliasSpec{SecretKey: j.target.Key, Request: api.AliasRequest{Key: key(i)}}
	}
	_, err := c.ensure(context.Background(), j.id, specs)
	return err
}

var jsonHeader = http.Header{"Content-Type": {"application/json"}}

func (j *job) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := j.respond(r)
	return &http.Response{StatusCode: status, Header: jsonHeader, Request: r,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}, nil
}

func (j *job) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, body := j.respond(r)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
}

func (j *job) respond(r *http.Request) (status int, body []byte) {
	if r.Header.Get("Authorization") != "Token "+token {
		return http.StatusUnauthorized, nil
	}
	if r.Method == http.MethodGet {
		j.lists.Add(1)
		return http.StatusOK, j.list
	}
	j.creates.Add(1)
	defer r.Body.Close()
	request := make([]byte, r.ContentLength)
	io.ReadFull(r.Body, request)
	_, rest, _ := bytes.Cut(request, []byte(`"key":"`))
	key, _, _ := bytes.Cut(rest, []byte(`"`))
	if string(key) == newKey {
		return http.StatusCreated, j.alias
	}
	return http.StatusCreated, bytes.Replace(j.alias, []byte(newKey), key, 1)
}
