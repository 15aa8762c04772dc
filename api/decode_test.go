package api_test

// The shapes on the wire: what of a response may differ from the API's description without losing anything,
// and what may not.

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// A value or a field that is new, a null where a value is promised, and a malformed value in a field that
// decides nothing cost at most that field, of what was created and of what is listed.
func TestPromisedResponse(t *testing.T) {
	anything := func(*api.Secret) bool { return true }
	named := func(s *api.Secret) bool { return *s.ServiceName == "nightly" }
	aliased := func(s *api.Secret) bool { return s.AliasedSecret.Key == "DB_PASSWORD" }
	undated := func(s *api.Secret) bool { return s.CreatedAt.IsZero() && *s.OwnedBy == "QOVERY" }
	for _, c := range []struct {
		changes fields
		is      func(*api.Secret) bool
	}{
		{fields{}, func(s *api.Secret) bool {
			return s.AliasedSecret.ID == aSecret && *s.ServiceID == aJob &&
				s.CreatedAt.Equal(time.Date(2026, 8, 20, 10, 11, 12, 123456000, time.UTC))
		}},
		{fields{"scope": "GALAXY", "variable_type": "VAULT", "service_type": "GATEWAY"}, func(s *api.Secret) bool {
			return s.Scope == "GALAXY" && *s.VariableType == "VAULT" && *s.ServiceType == "GATEWAY"
		}},
		{fields{"created_at": nil, "aliased_secret": nil, "service_id": nil}, func(s *api.Secret) bool {
			return s.ServiceID == nil && s.AliasedSecret == nil && s.CreatedAt.IsZero()
		}},
		{fields{"updated_at": absent{}, "aliased_secret": absent{}, "service_type": absent{}}, named},
		{fields{"variable_type": "VALUE"}, anything}, {fields{"scope": fields{}}, anything},
		{fields{"value": nil, "nested": fields{"id": 7}, "tags": make([]int, 200)}, aliased},
		{fields{"created_at": "2026-08-20T10:11:12.123456789+02:00"}, func(s *api.Secret) bool {
			return s.CreatedAt.Nanosecond() == 123456789 && s.CreatedAt.UTC().Hour() == 8
		}},
		{fields{"id": strings.ToUpper(anAlias.String())}, aliased}, {fields{"created_at": "yesterday"}, undated},
		{fields{"service_id": ""}, named}, {fields{"enable_interpolation_in_file": "yes"}, named},
		{fields{"variable_type": fields{}}, named}, {fields{"aliased_secret": reference(nil)}, aliased},
		{fields{"overridden_secret": reference("?")}, aliased},
	} {
		body := alias(c.changes)
		client := clientOf(t, fixed(reply{201, " " + body + "\n", http.Header{"Content-Type": {"text/html"}}},
			reply{status: 200, body: results(body, alias(fields{"key": "OTHER"}))}))
		s, err := create(t, client)
		if err != nil || s.ID != anAlias || s.Key != aKey || !c.is(s) {
			t.Fatalf("%v: %+v, %v", c.changes, s, err)
		}
		list, err := client.ListJobSecrets(t.Context(), aJob)
		if s.Scope == "" { // which decides what an entry of a list is
			want(t, err, "Unexpected", 200)
		} else if err != nil || list[0].ID != anAlias || !c.is(&list[0]) || list[1].Key != "OTHER" {
			t.Errorf("%v: listed %+v, %v", c.changes, list, err)
		}
	}
}

// A success that is not what the API promises leaves open whether the alias exists. The error names the
// field, not its value.
func TestBrokenPromise(t *testing.T) {
	for body, says := range map[string]string{
		alias() + `{}`: "not a JSON object", `[` + alias() + `]`: "not a JSON object",
		alias(fields{"id": nil}): "id", alias(fields{"id": uuid.Nil}): "id: missing or not a UUID",
		alias(fields{"id": 7}): "id:", alias(fields{"key": "PGUSER"}): "key:",
		alias(fields{"key": absent{}}): "key:", alias(fields{"key": true}): "key:",
		alias(fields{"aliased_secret": reference(aStranger)}): "aliased_secret.id: not the secret asked for",
		alias(fields{"aliased_secret": reference("?")}):       "aliased_secret.id",
		alias(fields{"aliased_secret": reference(uuid.Nil)}):  "aliased_secret.id",
		alias(fields{"owned_by": strings.Repeat("x", 1<<20)}): "response exceeds 1 MiB",
	} {
		e := refusal(t, reply{status: 201, body: body})
		if sentinels(e) != "Unknown Unexpected" || e.StatusCode != 201 || e.RequestID != "req-1" ||
			!strings.Contains(fmt.Sprint(e.Err), says) || strings.Contains(fmt.Sprint(e.Err), "PGUSER") {
			t.Errorf("%.300s does not say %q: %.500v", body, says, e)
		}
	}
	exactly := fields{"owned_by": strings.Repeat("x", 1<<20-len(alias(fields{"owned_by": ""})))}
	want(t, errOf(create(t, clientOf(t, fixed(reply{status: 201, body: alias(exactly)}, emptyList)))), "-", 0)
}

// zipped is a gzip member of a text repeated n times; members may follow each other.
func zipped(text string, n int) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	w.Write(bytes.Repeat([]byte(text), n))
	w.Close()
	return b.Bytes()
}

// A list has an array of results, 16 MiB and 100,000 entries at most.
func TestListBodies(t *testing.T) {
	t.Parallel()
	const id = `"id":"0c000000-0000-4000-8000-000000000003"`
	entry := func(size int) string {
		return `{` + id + `,"key":"K","scope":"JOB","owned_by":"` + strings.Repeat("x", size) + `"}`
	}
	with := func(old, new string) string { return results(entry(0), strings.Replace(entry(0), old, new, 1)) }
	entries := func(n, size int) string { return results(slices.Repeat([]string{entry(size)}, n)...) }
	long := `{"x":"` + strings.Repeat("x", 2<<20) + `",`
	for says, bodies := range map[string][]string{ // "": it is taken
		"": {`{"results":[]}`, `{"more":{"results":[1]},"results":[],"z":null}`, " \n{\"results\":[]}\n",
			strings.Replace(results(entry(0)), "{", long, 1), results(strings.Replace(entry(0), "{", long, 1)),
			entries(31, 1<<19)},
		"results":    {`{"results":null}`, `{}`},
		"JSON":       {`null`, `[]`, ``, `{"results":{}}`, `{"results":"[]"}`, `{"results":[]`, `{"results":[}`},
		"object":     {`{"results":[]}{}`, `{"results":[]} x`, page, `{"results":[],}`},
		"results[0]": {`{"results":[null]}`, `{"results":[{}]}`, `{"results":[7]}`},
		"results[1]: id, key or scope is missing or malformed": {with(id, `"id":"x"`), with(id, `"id":null`),
			with(`"K"`, `["K"]`), with(`"JOB"`, `null`)},
		"results[1]: not a JSON object": {with("{", long+`"created_at":7,`)},
		"more than 100000 entries":      {entries(100_001, 0)},
		"response exceeds 16 MiB":       {entries(33, 1<<19)},
	} {
		for _, body := range bodies {
			client := clientOf(t, fixed(created, reply{status: 200, body: body}))
			list, err := client.ListJobSecrets(t.Context(), aJob)
			if says == "" && (err != nil || list == nil || len(list) != strings.Count(body, `"scope"`)) {
				t.Errorf("%.200s: %d, %v", body, len(list), err)
			}
			if says != "" {
				if want(t, err, "Unexpected", 200); list != nil || !strings.Contains(err.Error(), says) {
					t.Errorf("%.200s: %d, %v", body, len(list), err)
				}
			}
		}
	}
}

// A list is not decoded any more once the context is over.
func TestContextEndsWhileDecoding(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client := clientOf(t, roundTrip(func(*http.Request) (*http.Response, error) {
		resp := reply{status: 200, body: results(alias())}.response()
		end := readerFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF })
		resp.Body = io.NopCloser(io.MultiReader(resp.Body, end))
		return resp, nil
	}))
	want(t, errOf(client.ListJobSecrets(ctx, aJob)), "NoResponse canceled", 200)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

const mib = 1 << 20

// endless responds with chunk after chunk until the client has enough, or has had 1 GiB.
func endless(status int, encoding string, begin, chunk []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", encoding)
		w.WriteHeader(status)
		w.Write(begin)
		for sent := 0; sent < 1<<30; sent += len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
}

// peak is how far HeapInuse rises while f runs. A collector that runs often makes what is kept count.
func peak(f func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	before, highest := stats.HeapInuse, uint64(0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	for {
		runtime.ReadMemStats(&stats)
		highest = max(highest, stats.HeapInuse)
		select {
		case <-done:
			return highest - before
		case <-time.After(time.Millisecond):
		}
	}
}

// Whatever the shape of a list, it takes no more than 128 MiB, and any other response 8 MiB.
func TestMemoryIsBounded(t *testing.T) {
	many := func(text string) []byte { return zipped(text, max(1, mib/len(text))) }
	small := `{"id":"` + anAlias.String() + `","key":"K","scope":"JOB","aliased_secret":{},"owned_by":""},`
	for name, c := range map[string]struct {
		status        int
		begin, repeat string
		want          string
	}{
		"201, blanks":   {201, "", " ", "Unknown Unexpected"},
		"500, a string": {500, `{"detail":"`, "x", "Unknown Server"},
		"members":       {200, `{"results":[{`, `"a":[],`, "Unexpected"},
		"references":    {200, `{"results":[`, `{"aliased_secret":{},"overridden_secret":{}},`, "Unexpected"},
		"small ones":    {200, `{"results":[`, small, "Unexpected"},
		"malformed":     {200, `{"results":[`, strings.Replace(small, `""`, `7`, 1), "Unexpected"},
	} {
		t.Run(name, func(t *testing.T) {
			base := serve(t, endless(c.status, "gzip", zipped(c.begin, 1), many(c.repeat)))
			client := clientOf(t, nil, api.WithBaseURL(base), api.WithAttemptTimeout(time.Minute), api.WithRetries(0))
			call, most := func() error { return errOf(create(t, client)) }, uint64(8*mib)
			if c.status == 200 {
				call, most = func() error { return errOf(client.ListJobSecrets(t.Context(), aJob)) }, 128*mib
			}
			var err error
			used := peak(func() { err = call() })
			if t.Logf("%d MiB", used/mib); sentinels(err) != c.want || used > most {
				t.Errorf("%d MiB, matches %q: %.300v", used/mib, sentinels(err), err)
			}
		})
	}
}

// What a list says of invalid UTF-8 takes no more memory than what it says of text.
func TestMemoryOfInvalidUTF8(t *testing.T) {
	ff := strings.Repeat("\xff", 16*mib-300)
	entry := `{"id":"` + anAlias.String() + `","scope":"JOB","key":"`
	for name, body := range map[string]string{
		"a key":             `{"results":[` + entry + ff + `"}]}`,
		"an unknown member": `{"results":[` + entry + `K","` + ff + `":1}]}`,
		"beside the list":   `{"` + ff + `":1,"results":[]}`,
	} {
		client := clientOf(t, fixed(created, reply{status: 200, body: body}))
		var err error
		used := peak(func() { err = errOf(client.ListJobSecrets(t.Context(), aJob)) })
		if err != nil || used > 128*mib {
			t.Errorf("%s: %d MiB, %.200v", name, used/mib, err)
		}
	}
}

// FuzzList: what encoding/json reads whole, and has what must be readable, reads the same entry by entry.
func FuzzList(f *testing.F) {
	entry := `{"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c","key":"K","scope":"JOB"`
	for _, text := range []string{`{"results":[]}`, `{"results":null}`, `{"results":[null]}`, `{"results":[]}{}`,
		`{"results":[` + entry + `}]}`, `{"x":{"results":[1]},"results":[` + entry + `,"variable_type":5}]}`,
		`{"results":[` + entry + `,"service_id":"","aliased_secret":{"id":"","key":5}}]} `} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		bad := func(s api.Secret) bool { return s.ID == uuid.Nil || s.Key == "" || s.Scope == "" }
		client := clientOf(t, fixed(created, reply{status: 200, body: text}))
		secrets, err := client.ListJobSecrets(t.Context(), aJob)
		for _, s := range secrets {
			if bad(s) {
				t.Errorf("%q: %+v", text, s)
			}
		}
		var list generated.SecretList
		if json.Unmarshal([]byte(text), &list) != nil || list.Results == nil ||
			strings.Count(text, "esults") != 1 || !strings.Contains(text, `"results"`) {
			return
		}
		for _, s := range *list.Results {
			if bad(s) {
				return
			}
		}
		if err != nil || len(secrets) != len(*list.Results) {
			t.Errorf("%q: %d, %v", text, len(secrets), err)
		}
	})
}
