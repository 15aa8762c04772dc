package api_test

// The shapes on the wire: the bodies that the API's reference shows, and those that are
// sent; what of a response may differ from the API's description without losing the alias,
// and what may not; and servers that never finish one.

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// What was created or is listed is returned, whatever else the response contains: a value or a field
// that is new, a null where a value is promised, a malformed value in a field that decides
// nothing, or another number of digits cost at most that field.
func TestPromisedResponse(t *testing.T) {
	anything := func(*api.Secret) bool { return true }
	all := fields{}
	for _, name := range []string{"scope", "variable_type", "created_at", "updated_at", "aliased_secret", "service_id", "service_name", "service_type", "owned_by", "description"} {
		all[name] = nil
	}
	for name, c := range map[string]struct {
		changes fields
		is      func(*api.Secret) bool
	}{
		"as today": {fields{}, func(s *api.Secret) bool {
			return s.AliasedSecret.ID == aSecret && s.AliasedSecret.Key == "DB_PASSWORD" && *s.ServiceID == aJob &&
				s.CreatedAt.Equal(time.Date(2026, 8, 20, 10, 11, 12, 123456000, time.UTC))
		}},
		"unknown values": {fields{"scope": "GALAXY", "variable_type": "VAULT", "service_type": "GATEWAY",
			"aliased_secret": fields{"id": aSecret, "scope": "GALAXY", "variable_type": "VAULT"}}, func(s *api.Secret) bool {
			return s.Scope == "GALAXY" && *s.VariableType == "VAULT" && *s.ServiceType == "GATEWAY" && s.AliasedSecret.Scope == "GALAXY"
		}},
		"nulls": {all, func(s *api.Secret) bool {
			return s.Scope == "" && s.ServiceID == nil && s.ServiceType == nil && s.AliasedSecret == nil && s.CreatedAt.IsZero()
		}},
		"null aliased id": {fields{"aliased_secret": reference(nil)}, func(s *api.Secret) bool {
			return s.AliasedSecret.ID == uuid.Nil && s.AliasedSecret.MountPath == nil
		}},
		"absent what may be": {fields{"updated_at": absent{}, "aliased_secret": absent{}, "overridden_secret": absent{}, "variable_type": absent{},
			"service_id": absent{}, "service_name": absent{}, "service_type": absent{}, "owned_by": absent{}, "description": absent{}}, anything},
		"another scope than JOB": {fields{"scope": "APPLICATION"}, anything},
		"no longer an ALIAS":     {fields{"variable_type": "VALUE"}, anything},
		"extra fields":           {fields{"value": nil, "nested": fields{"id": 7}, "tags": make([]int, 200)}, anything},
		"no digits":              {fields{"created_at": "2026-08-20T10:11:12Z"}, func(s *api.Secret) bool { return s.CreatedAt.Nanosecond() == 0 }},
		"nine digits and an offset": {fields{"created_at": "2026-08-20T10:11:12.123456789+02:00"}, func(s *api.Secret) bool {
			return s.CreatedAt.Nanosecond() == 123456789 && s.CreatedAt.UTC().Hour() == 8
		}},
		"upper-case ids":          {fields{"id": strings.ToUpper(anAlias.String()), "aliased_secret": reference(strings.ToUpper(aSecret.String()))}, anything},
		"created_at no time":      {fields{"created_at": "yesterday", "owned_by": "o"}, func(s *api.Secret) bool { return s.CreatedAt.IsZero() && *s.OwnedBy == "o" }},
		"created_at a number":     {fields{"created_at": 1787220672}, func(s *api.Secret) bool { return s.CreatedAt.IsZero() }},
		"a time without zone":     {fields{"updated_at": "2026-08-20T10:11:12"}, func(s *api.Secret) bool { return !s.CreatedAt.IsZero() }},
		"service_id empty":        {fields{"service_id": ""}, func(s *api.Secret) bool { return *s.ServiceName == "nightly" }},
		"description a list":      {fields{"description": []string{}}, func(s *api.Secret) bool { return *s.ServiceName == "nightly" }},
		"interpolation a string":  {fields{"enable_interpolation_in_file": "yes"}, func(s *api.Secret) bool { return s.EnableInterpolationInFile == nil }},
		"scope an object":         {fields{"scope": fields{}}, func(s *api.Secret) bool { return s.Scope == "" }},
		"a type as an object":     {fields{"variable_type": fields{}}, func(s *api.Secret) bool { return *s.ServiceName == "nightly" }},
		"aliased id null":         {fields{"aliased_secret": reference(nil)}, func(s *api.Secret) bool { return s.AliasedSecret.Key == "DB_PASSWORD" }},
		"overridden id malformed": {fields{"overridden_secret": reference("?")}, anything},
	} {
		t.Run(name, func(t *testing.T) {
			body := alias(c.changes)
			srv := serve(t, reply{status: 201, body: body}, reply{status: 200, body: results(body, alias(fields{"key": "OTHER"}))})
			client := clientOf(t, srv.URL)
			s, err := create(t, client)
			if err != nil || s.ID != anAlias || s.Key != aKey || !c.is(s) || srv.creates.Load() != 1 || srv.lists.Load() != 0 {
				t.Errorf("got %+v, %v", s, err)
			}
			list, err := client.ListJobSecrets(t.Context(), aJob)
			if s.Scope == "" { // which decides what an entry of a list is
				want(t, err, "Unexpected", 200)
			} else if err != nil || len(list) != 2 || list[0].ID != anAlias || !c.is(&list[0]) || list[1].Key != "OTHER" {
				t.Errorf("listed %+v, %v", list, err)
			}
		})
	}
	for name, r := range map[string]reply{
		"no content type":    {201, alias(), http.Header{"Content-Type": nil}},
		"other content type": {201, alias(), http.Header{"Content-Type": {"text/html; charset=utf-8"}}},
		"white space around": {status: 201, body: "\r\n\t " + alias() + " \n"},
		"1 MiB":              {status: 201, body: alias(fields{"owned_by": strings.Repeat("x", 1<<20-len(alias(fields{"owned_by": ""})))})},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, errOf(create(t, clientOf(t, serve(t, r, emptyList).URL))), "-", 0)
		})
	}
}

// A success that is not what the API promises leaves open whether the alias exists, and
// the error names the field and its kind, not its value.
func TestBrokenPromise(t *testing.T) {
	good := alias()
	long := alias(fields{"owned_by": strings.Repeat("x", 1<<20)})
	packed := string(zipped(long, 1))
	gzipped := http.Header{"Content-Encoding": {"gzip"}}
	for name, c := range map[string]struct {
		reply reply
		says  string
	}{
		"trailing data":       {reply{status: 201, body: good + `{}`}, ""},
		"in a list":           {reply{status: 201, body: `[` + good + `]`}, "array"},
		"null id":             {reply{status: 201, body: alias(fields{"id": nil})}, "id"},
		"no id":               {reply{status: 201, body: alias(fields{"id": absent{}})}, "id"},
		"zero id":             {reply{status: 201, body: alias(fields{"id": uuid.Nil})}, "id"},
		"id of a wrong type":  {reply{status: 201, body: alias(fields{"id": 7})}, "id"},
		"malformed id":        {reply{status: 201, body: alias(fields{"id": "0c000000-0000"})}, "id"},
		"another key":         {reply{status: 201, body: alias(fields{"key": "PGUSER"})}, "key"},
		"key in a wrong case": {reply{status: 201, body: alias(fields{"key": "pgpassword"})}, "key"},
		"no key":              {reply{status: 201, body: alias(fields{"key": absent{}})}, "key"},
		"key of a wrong type": {reply{status: 201, body: alias(fields{"key": true})}, "key"},
		"another target":      {reply{status: 201, body: alias(fields{"aliased_secret": reference(aStranger)})}, "aliased_secret"},
		"malformed target":    {reply{status: 201, body: alias(fields{"aliased_secret": reference("?")})}, "aliased_secret"},
		"target a string":     {reply{status: 201, body: alias(fields{"aliased_secret": "?"})}, "aliased_secret"},
		"zero target":         {reply{status: 201, body: alias(fields{"aliased_secret": reference(uuid.Nil)})}, "aliased_secret"},
		"too long":            {reply{status: 201, body: long}, "1 MiB"},
		"too long, zipped":    {reply{201, packed, gzipped}, "1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, c.reply, emptyList)
			_, err := create(t, clientOf(t, srv.URL))
			e := failure(t, err, creating)
			if sentinels(err) != "Unknown Unexpected" || e.StatusCode != 201 || e.RequestID != "req-1" || len(e.Body) > 4<<10 {
				t.Errorf("%d bytes of body: %.500v", len(e.Body), err)
			}
			if cause := fmt.Sprint(e.Err); !strings.Contains(cause, c.says) || strings.Contains(cause, "PGUSER") {
				t.Errorf("does not say %q: %.500s", c.says, cause)
			}
			if creates, lists := srv.creates.Load(), srv.lists.Load(); creates != 1 || lists != 6 {
				t.Errorf("%d creates, %d lists", creates, lists)
			}
		})
	}
	t.Run("compressed, and nobody has undone it", func(t *testing.T) {
		for _, encoding := range []string{"gzip", "br", "zstd"} {
			client := clientOf(t, nowhere, over(func(r *http.Request) (*http.Response, error) {
				read(r)
				return reply{403, packed[:200], http.Header{"Content-Encoding": {encoding}}}.response(), nil
			}))
			_, err := create(t, client)
			if e := failure(t, err, creating); !strings.Contains(e.Detail, "compressed") || strings.Contains(err.Error(), "\ufffd") || sentinels(err) != "Forbidden" {
				t.Errorf("%s: %v", encoding, err)
			}
		}
	})
}

// A connection that breaks once there is one, or never ends, leaves open whether the server
// has seen the request: it is settled, and never sent again. Each attempt has a deadline,
// which covers the body: no server can hold a caller for longer. What it has sent before
// counts: the status, if that was whole.
func TestBrokenConnections(t *testing.T) {
	whole := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(alias()), alias())
	drip := func(text string) func(*net.TCPConn) {
		return func(conn *net.TCPConn) {
			for _, err := io.WriteString(conn, text); err == nil; _, err = io.WriteString(conn, text) {
				time.Sleep(time.Millisecond)
			}
		}
	}
	held := func(conn *net.TCPConn) { io.Copy(io.Discard, conn) } // until the client goes
	const (
		ok, length = "HTTP/1.1 201 Created\r\n", "Content-Length: 10000\r\n\r\n"
		timeout    = "Unknown NoResponse timeout"
	)
	for name, c := range map[string]struct {
		wire   string             // the response to the create
		then   func(*net.TCPConn) // nil: it is closed
		want   string
		status int
	}{
		"reset before the request":  {"", nil, "Unknown NoResponse", 0},
		"reset after the request":   {"", reset, "Unknown NoResponse", 0},
		"closed after the request":  {"", nil, "Unknown NoResponse", 0},
		"no HTTP":                   {"220 mail ready\r\n", nil, "Unknown NoResponse", 0},
		"half a status line":        {"HTTP/1.1 20", nil, "Unknown NoResponse", 0},
		"status 99":                 {"HTTP/1.1 099 What\r\n" + whole, nil, "Unknown Unexpected", 99},
		"status 0":                  {"HTTP/1.1 000 None\r\n" + whole, nil, "Unknown Unexpected", 0},
		"half the headers":          {ok + "Content-Le", nil, "Unknown NoResponse", 0},
		"headers of 100 KiB":        {ok + "X-Long: " + strings.Repeat("x", 100<<10) + "\r\n" + whole, nil, "Unknown NoResponse", 0},
		"half the body":             {ok + whole[:100], nil, "Unknown NoResponse", 201},
		"malformed chunks":          {ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", nil, "Unknown NoResponse", 201},
		"half a gzip header":        {ok + "Content-Encoding: gzip\r\nContent-Length: 7\r\n\r\nno gzip", nil, "Unknown NoResponse", 201},
		"no gzip":                   {ok + "Content-Encoding: gzip\r\n" + whole, nil, "Unknown Unexpected", 201},
		"a length that is negative": {ok + "Content-Length: -1\r\n\r\n{}", nil, "Unknown NoResponse", 0},
		"500 and half a body":       {"HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\n{", nil, "Unknown Server", 500},

		"no headers":              {"", held, timeout, 0},
		"headers without end":     {ok + "X:", held, timeout, 0},
		"dripping headers":        {ok + "X: ", drip("x"), timeout, 0},
		"no body":                 {ok + length, held, timeout, 201},
		"dripping body":           {ok + length, drip(" "), timeout, 201},
		"dripping chunks":         {ok + "Transfer-Encoding: chunked\r\n\r\n", drip("1\r\n \r\n"), timeout, 201},
		"dripping 500":            {"HTTP/1.1 500 Oops\r\n" + length, drip(" "), "Unknown Server", 500},
		"dripping 404":            {"HTTP/1.1 404 No\r\n" + length, drip(" "), "NotFound", 404},
		"early hints without end": {"", drip("HTTP/1.1 103 Early Hints\r\n\r\n"), "Unknown NoResponse", 0},
		// net/http hands the connection over together with a 101, and from then on the
		// context no longer ends it.
		"another protocol": {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", held, "Unknown Unexpected", 101},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var conns, creates atomic.Int32
			base := rawServer(t, func(conn *net.TCPConn) {
				if conns.Add(1) == 1 && name == "reset before the request" {
					reset(conn)
					return
				}
				req, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				if io.Copy(io.Discard, req.Body); req.Method == "GET" {
					io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"+results())
					return
				}
				creates.Add(1)
				if io.WriteString(conn, c.wire); c.then != nil {
					c.then(conn)
				}
			})
			began := time.Now()
			_, err := create(t, clientOf(t, base, api.WithAttemptTimeout(time.Second)))
			e, names := failure(t, err, creating), strings.TrimSuffix(c.want, " timeout")
			if got := sentinels(err); got != names || names != c.want && !e.Timeout() || e.StatusCode != c.status {
				t.Errorf("matches %q, timeout %t, status %d: %v", got, e.Timeout(), e.StatusCode, err)
			}
			if n := creates.Load(); n > 1 || n == 0 && name != "reset before the request" || time.Since(began) > 20*time.Second {
				t.Errorf("%d creates, after %s", n, time.Since(began))
			}
			if text := err.Error(); strings.Contains(text, "%!") || strings.HasSuffix(text, ": ") || c.want == timeout && !strings.Contains(text, "within 1s") {
				t.Error(text)
			}
		})
	}
}

// wantSame checks that v, encoded, is the sample.
func wantSame(t *testing.T, sample []byte, v any) {
	t.Helper()
	again, err := json.Marshal(v)
	var before, after any
	if err != nil || json.Unmarshal(sample, &before) != nil || json.Unmarshal(again, &after) != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("%v, encoded again: %s", err, again)
	}
}

// The samples pass the generated types without a loss.
func TestSamples(t *testing.T) {
	for name, v := range map[string]any{"secret": new(api.Secret), "request": new(api.AliasRequest), "list": new(generated.SecretList)} {
		data, err := os.ReadFile("testdata/" + name + ".golden.json")
		if err != nil {
			t.Fatal(err)
		}
		strict := json.NewDecoder(bytes.NewReader(data))
		strict.DisallowUnknownFields()
		if err := strict.Decode(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantSame(t, data, v)
		if name != "secret" {
			continue
		}
		// Through a client, every field arrives, and it is an alias of the one secret and of no other.
		fx := newFixture(t)
		fx.on("POST", answered(201, string(data)))
		got, err := fx.api.CreateJobSecretAlias(t.Context(), aJob, v.(*api.Secret).AliasedSecret.ID, api.AliasRequest{Key: "<string>"})
		wantSame(t, data, got)
		want(t, err, "-", 0)
		_, err = fx.api.CreateJobSecretAlias(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: "<string>"})
		want(t, err, "Unknown Unexpected", 201)
	}
}

// What is not set is not sent, since the server takes null and absent for different
// things; what is set to nothing is sent.
func TestRequestBodies(t *testing.T) {
	for want, req := range map[string]api.AliasRequest{
		`{"key":"PGPASSWORD"}`: {Key: aKey},
		`{"description":"","enable_interpolation_in_file":false,"key":"PGPASSWORD"}`: {Key: aKey, Description: api.Ptr(""), EnableInterpolationInFile: api.Ptr(false)},
		`{"description":"main","enable_interpolation_in_file":true,"key":"A"}`:       {Key: "A", Description: api.Ptr("main"), EnableInterpolationInFile: api.Ptr(true)},
		`{"description":"日本\n","key":"clé \u003c\u0026\u003e \"\\ \u2028x"}`:         {Key: "clé <&> \"\\ \u2028x", Description: api.Ptr("日本\n")},
	} {
		var sent []byte
		srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent, _ = io.ReadAll(r.Body)
			if r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Accept") != "application/json" ||
				r.ContentLength != int64(len(want)) || r.URL.RawQuery != "" {
				t.Errorf("%s with %v, %d bytes", r.URL, r.Header, r.ContentLength)
			}
			reply{status: 201, body: alias(fields{"key": req.Key})}.ServeHTTP(w, r)
		}), emptyList)
		s, err := clientOf(t, srv.URL).CreateJobSecretAlias(t.Context(), aJob, aSecret, req)
		if err != nil || s.Key != req.Key || string(sent) != want {
			t.Errorf("got  %s, %v\nwant %s", sent, err, want)
		}
	}
}
