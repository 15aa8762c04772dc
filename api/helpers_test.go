package api_test

// What these tests share: a server that answers as told, a client of it, and the
// ways to look at an error.

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// plantedToken is what all clients here sign with, unless they are asked otherwise.
const plantedToken = "qov_7Zk2mQx9Wv4Lr8Tn3Hs6Yd1B"

const aKey = "PGPASSWORD"

var (
	aJob      = uuid.MustParse("0a000000-0000-4000-8000-000000000001")
	aSecret   = uuid.MustParse("0b000000-0000-4000-8000-000000000002")
	anAlias   = uuid.MustParse("0c000000-0000-4000-8000-000000000003")
	aStranger = uuid.MustParse("0d000000-0000-4000-8000-000000000004")
)

// fields changes some of a JSON object: a value replaces, absent{} removes.
type fields map[string]any

type absent struct{}

func object(parts ...fields) string {
	all := fields{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == absent{} })
	data, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// reference is an aliased_secret.
func reference(id any) fields {
	return fields{"id": id, "key": "DB_PASSWORD", "mount_path": nil, "scope": "ENVIRONMENT",
		"variable_type": "VALUE", "description": nil, "enable_interpolation_in_file": nil}
}

// alias is what Qovery answers when aKey becomes an alias of aSecret.
func alias(changes ...fields) string {
	return object(append([]fields{{
		"id": anAlias, "key": aKey, "scope": "JOB", "variable_type": "ALIAS",
		"created_at": "2026-08-20T10:11:12.123456Z", "updated_at": "2026-08-20T10:11:12.123456Z",
		"aliased_secret": reference(aSecret), "overridden_secret": nil,
		"service_id": aJob, "service_name": "nightly", "service_type": "JOB", "owned_by": "QOVERY",
		"description": nil, "enable_interpolation_in_file": nil,
	}}, changes...)...)
}

// results is a list of secrets.
func results(secrets ...string) string { return `{"results":[` + strings.Join(secrets, ",") + `]}` }

// answer is a fixed one. Its request id is req-1, unless header has another.
type answer struct {
	status int
	body   string
	header http.Header
}

func (a answer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Request-Id", "req-1")
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	io.WriteString(w, a.body)
}

var (
	emptyList = answer{status: 200, body: results()}
	aliasList = answer{status: 200, body: results(alias())}
)

// endpoint answers creates in one way and lists in another, and counts both.
type endpoint struct {
	*httptest.Server
	creates, lists atomic.Int32
}

func serve(t testing.TB, create, list http.Handler) *endpoint {
	e := &endpoint{}
	e.Server = quiet(httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "POST /job/" + aJob.String() + "/secret/" + aSecret.String() + "/alias":
			e.creates.Add(1)
			create.ServeHTTP(w, r)
		case "GET /job/" + aJob.String() + "/secret":
			e.lists.Add(1)
			list.ServeHTTP(w, r)
		default:
			t.Errorf("unexpected request: %s %s", r.Method, r.URL)
		}
	})))
	e.Start()
	t.Cleanup(e.Close)
	return e
}

// quiet keeps what a server has to say about broken clients out of the test's output.
func quiet(s *httptest.Server) *httptest.Server {
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	return s
}

// rawServer answers each request with whatever reply does to the connection, which
// is closed afterwards.
func rawServer(t testing.TB, reply func(conn *net.TCPConn)) (url string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer conn.Close()
				reply(conn.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() { listener.Close(); open.Wait() })
	return "http://" + listener.Addr().String()
}

// reset ends a connection in the way of a crash.
func reset(conn *net.TCPConn) {
	conn.SetLinger(0)
	conn.Close()
}

// clientOf talks to url and does not wait between attempts.
func clientOf(t testing.TB, url string, opts ...api.Option) *api.Client {
	t.Helper()
	client, err := api.NewClient(api.APIToken(plantedToken), append([]api.Option{api.WithBaseURL(url), atOnce}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

var atOnce = api.WithBackoff(func(int) time.Duration { return 0 })

// create asks for the alias that alias() is the answer to.
func create(t testing.TB, client *api.Client) (*api.Secret, error) {
	t.Helper()
	return client.CreateJobSecretAlias(t.Context(), aJob, aSecret, api.AliasRequest{Key: aKey})
}

// roundTrip is an http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// over makes a client that sends through f.
func over(f roundTrip) api.Option { return api.WithHTTPClient(&http.Client{Transport: f}) }

// response is a complete answer, for a RoundTripper.
func response(a answer) *http.Response {
	rec := httptest.NewRecorder()
	a.ServeHTTP(rec, nil)
	return rec.Result()
}

// attempts counts those a client logs.
func attempts(n *atomic.Int32) api.Option {
	return api.WithLogger(slog.New(slog.NewTextHandler(counter{n}, &slog.HandlerOptions{Level: slog.LevelDebug})))
}

type counter struct{ n *atomic.Int32 }

func (c counter) Write(p []byte) (int, error) { c.n.Add(1); return len(p), nil }

// matched names all sentinels that an error matches, in a fixed order, so that what
// a table does not name is known not to match.
func matched(err error) string {
	var names []string
	for _, s := range []struct {
		name string
		err  error
	}{
		{"ErrNotSent", api.ErrNotSent}, {"ErrOutcomeUnknown", api.ErrOutcomeUnknown},
		{"ErrInvalidRequest", api.ErrInvalidRequest}, {"ErrUnauthorized", api.ErrUnauthorized},
		{"ErrForbidden", api.ErrForbidden}, {"ErrNotFound", api.ErrNotFound}, {"ErrConflict", api.ErrConflict},
		{"ErrRateLimited", api.ErrRateLimited}, {"ErrServer", api.ErrServer},
		{"ErrUnexpectedResponse", api.ErrUnexpectedResponse},
	} {
		if errors.Is(err, s.err) {
			names = append(names, s.name)
		}
	}
	return strings.Join(names, " ")
}

// failure is the *api.Error in err. There has to be one, for the operation.
func failure(t testing.TB, err error, operation string) *api.Error {
	t.Helper()
	var e *api.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want an *api.Error", err, err)
	}
	if e.Operation != operation {
		t.Errorf("operation %q, want %q", e.Operation, operation)
	}
	return e
}

const (
	creating = "createJobSecretAlias"
	listing  = "listJobSecrets"
	deleting = "deleteJobSecret"
)
