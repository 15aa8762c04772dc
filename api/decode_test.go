package api_test

// The shapes on the wire: what of a response may differ from the API's description without losing anything,
// and what may not.

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
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
		{fields{"variable_type": "VALUE"}, anything}, {fields{"scope": nil}, anything},
		{fields{"scope": fields{}}, anything},
		{fields{"value": nil, "nested": fields{"id": 7}, "tags": make([]int, 200)}, aliased},
		{fields{"created_at": "2026-08-20T10:11:12.123456789+02:00"}, func(s *api.Secret) bool {
			return s.CreatedAt.Nanosecond() == 123456789 && s.CreatedAt.UTC().Hour() == 8
		}},
		{fields{"id": strings.ToUpper(anAlias.String())}, aliased}, {fields{"created_at": "yesterday"}, undated},
		{fields{"created_at": 1787220672}, undated}, {fields{"service_id": ""}, named},
		{fields{"service_type": 7}, named},
		{fields{"description": []string{}}, named}, {fields{"enable_interpolation_in_file": "yes"}, named},
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
		alias(fields{"id": nil}):      "id",
		alias(fields{"id": absent{}}): "id: missing", alias(fields{"id": uuid.Nil}): "id: missing or not a UUID",
		alias(fields{"id": 7}): "id:", alias(fields{"id": "0c000000-0000"}): "id:",
		alias(fields{"key": "PGUSER"}):     "key:",
		alias(fields{"key": "pgpassword"}): "key:", alias(fields{"key": absent{}}): "key:",
		alias(fields{"key": true}):                            "key:",
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
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	w.Write(bytes.Repeat([]byte(text), n))
	w.Close()
	return b.Bytes()
}

// A list has an array of results, 16 MiB and 100,000 entries at most, counted after decompression.
func TestListBodies(t *testing.T) {
	const id = `"id":"0c000000-0000-4000-8000-000000000003"`
	entry := func(size int) string {
		return `{` + id + `,"key":"K","scope":"JOB","owned_by":"` + strings.Repeat("x", size) + `"}`
	}
	with := func(old, new string) string { return results(entry(0), strings.Replace(entry(0), old, new, 1)) }
	entries := func(n, size int) string { return results(slices.Repeat([]string{entry(size)}, n)...) }
	long := `{"x":"` + strings.Repeat("x", 3<<20) + `",`
	for body, c := range map[string]struct {
		n    int // of entries
		says string
	}{
		`{"results":[]}`: {0, ""}, `{"more":{"results":[1]},"results":[],"z":null}`: {0, ""},
		" \n{\"results\":[]}\n": {0, ""},
		`{"results":null}`:      {0, "results"}, `{}`: {0, "results"}, `null`: {0, "JSON"}, `[]`: {0, "JSON"},
		``:               {0, "JSON"},
		`{"results":{}}`: {0, "JSON"}, `{"results":"[]"}`: {0, "JSON"}, `{"results":[]`: {0, "JSON"},
		`{"results":[}`:    {0, "JSON"},
		`{"results":[]}{}`: {0, "JSON"}, `{"results":[]} x`: {0, "JSON"}, page: {0, "JSON"},
		`{"results":[],}`:    {0, "JSON"},
		`{"results":[null]}`: {0, "results[0]"}, `{"results":[{}]}`: {0, "results[0]"},
		`{"results":[7]}`:    {0, "results[0]"},
		with(id, `"id":"x"`): {0, "results[1]: id"}, with(id, `"id":null`): {0, "results[1]: id"},
		with(`"K"`, `["K"]`):                                {0, "results[1]: id, key"},
		with(`"JOB"`, `null`):                               {0, "results[1]: id, key or scope"},
		strings.Replace(results(entry(0)), "{", long, 1):    {1, ""},
		results(strings.Replace(entry(0), "{", long, 1)):    {1, ""},
		results(strings.Repeat(" ", 3<<20)):                 {0, ""},
		with(`"owned_by":""`, `"aliased_secret":`+long[:5]): {0, "results[1]"},
		entries(100_000, 0):                                 {100_000, ""},
		entries(100_001, 0):                                 {0, "more than 100000 entries"},
		entries(31, 1<<19):                                  {31, ""},
		entries(33, 1<<19):                                  {0, "response exceeds 16 MiB"},
	} {
		for encoding, data := range map[string]string{"identity": body, "gzip": string(zipped(body, 1))} {
			base := serve(t, reply{200, data, http.Header{"Content-Encoding": {encoding}}})
			list, err := clientOf(t, nil, api.WithBaseURL(base)).ListJobSecrets(t.Context(), aJob)
			if c.says == "" && (err != nil || list == nil || len(list) != c.n) {
				t.Errorf("%.200s: %d, %v", body, len(list), err)
			}
			if c.says != "" {
				if want(t, err, "Unexpected", 200); list != nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%.200s: %d, %v", body, len(list), err)
				}
			}
		}
	}
}

// What is sent has what was set and nothing else: the server takes null and absent for different things.
func TestRequestBodies(t *testing.T) {
	for want, req := range map[string]api.AliasRequest{
		`{"key":"A"}`: {Key: "A"},
		`{"description":"日本\n","key":"cl\u00e9\u003c\\"}`: {Key: `clé<\`, Description: api.Ptr("日本\n")},
		`{"description":"","enable_interpolation_in_file":false,"key":"A"}`: {Key: "A", Description: api.Ptr(""),
			EnableInterpolationInFile: api.Ptr(false)},
	} {
		var sent string
		clientOf(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			sent = read(r)
			return reply{status: 403}.response(), nil
		})).CreateJobSecretAlias(t.Context(), aJob, aSecret, req)
		if sent != strings.Replace(want, `\u00e9`, "é", 1) {
			t.Errorf("got %s, want %s", sent, want)
		}
	}
}
