package api_test

// What a create makes of every answer a server, or a proxy in between, may give.

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// What was created is returned, whatever else the answer holds: an enum value or a
// field that is new, a null where a value is promised, or another number of digits
// must not turn a create that succeeded into an error.
func TestGoodAnswers(t *testing.T) {
	anything := func(*api.Secret) bool { return true }
	for name, c := range map[string]struct {
		changes fields
		holds   func(*api.Secret) bool
	}{
		"as today": {fields{}, func(s *api.Secret) bool {
			return s.AliasedSecret.ID == aSecret && s.AliasedSecret.Key == "DB_PASSWORD" && *s.ServiceID == aJob &&
				s.CreatedAt.Equal(time.Date(2026, 8, 20, 10, 11, 12, 123456000, time.UTC))
		}},
		"unknown scope": {fields{"scope": "GALAXY"}, func(s *api.Secret) bool { return s.Scope == "GALAXY" }},
		"unknown variable type": {fields{"variable_type": "VAULT"}, func(s *api.Secret) bool {
			return *s.VariableType == "VAULT"
		}},
		"unknown service type": {fields{"service_type": "GATEWAY"}, func(s *api.Secret) bool {
			return *s.ServiceType == "GATEWAY"
		}},
		"unknown values in aliased_secret": {
			fields{"aliased_secret": fields{"id": aSecret, "scope": "GALAXY", "variable_type": "VAULT"}},
			func(s *api.Secret) bool {
				return s.AliasedSecret.Scope == "GALAXY" && s.AliasedSecret.VariableType == "VAULT"
			},
		},
		"null mount_path": {fields{"aliased_secret": reference(aSecret)}, func(s *api.Secret) bool {
			return s.AliasedSecret.MountPath == ""
		}},
		"null service_id":     {fields{"service_id": nil}, func(s *api.Secret) bool { return s.ServiceID == nil }},
		"null service_type":   {fields{"service_type": nil}, func(s *api.Secret) bool { return s.ServiceType == nil }},
		"null aliased_secret": {fields{"aliased_secret": nil}, func(s *api.Secret) bool { return s.AliasedSecret == nil }},
		"null aliased id": {fields{"aliased_secret": reference(nil)}, func(s *api.Secret) bool {
			return s.AliasedSecret.ID == uuid.Nil
		}},
		"null scope": {fields{"scope": nil}, func(s *api.Secret) bool { return s.Scope == "" }},
		"null time":  {fields{"created_at": nil, "updated_at": nil}, func(s *api.Secret) bool { return s.CreatedAt.IsZero() }},
		"all nulls but id and key": {
			fields{"scope": nil, "variable_type": nil, "created_at": nil, "updated_at": nil, "aliased_secret": nil,
				"service_id": nil, "service_name": nil, "service_type": nil, "owned_by": nil}, anything,
		},
		"absent what may be": {
			fields{"updated_at": absent{}, "aliased_secret": absent{}, "overridden_secret": absent{}, "variable_type": absent{},
				"service_id": absent{}, "service_name": absent{}, "service_type": absent{}, "owned_by": absent{},
				"description": absent{}, "enable_interpolation_in_file": absent{}}, anything,
		},
		"another scope than JOB": {fields{"scope": "APPLICATION"}, anything},
		"no longer an ALIAS":     {fields{"variable_type": "VALUE"}, anything},
		"extra fields":           {fields{"value": nil, "is_secret": true, "nested": fields{"id": 7}}, anything},
		"extra lists":            {fields{"tags": make([]int, 200), "flags": fields{"a": 1, "b": 2, "c": 3, "d": 4}}, anything},
		"three digits": {fields{"created_at": "2026-08-20T10:11:12.123Z"}, func(s *api.Secret) bool {
			return s.CreatedAt.Nanosecond() == 123e6
		}},
		"no digits": {fields{"created_at": "2026-08-20T10:11:12Z"}, func(s *api.Secret) bool {
			return s.CreatedAt.Nanosecond() == 0
		}},
		"nine digits and an offset": {fields{"created_at": "2026-08-20T10:11:12.123456789+02:00"}, func(s *api.Secret) bool {
			return s.CreatedAt.Nanosecond() == 123456789 && s.CreatedAt.UTC().Hour() == 8
		}},
		"description": {fields{"description": "", "enable_interpolation_in_file": false}, func(s *api.Secret) bool {
			return *s.Description == "" && !*s.EnableInterpolationInFile
		}},
		"upper-case ids": {
			fields{"id": strings.ToUpper(anAlias.String()), "aliased_secret": reference(strings.ToUpper(aSecret.String()))}, anything,
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, answer{status: 201, body: alias(c.changes)}, emptyList)
			s, err := create(t, clientOf(t, srv.URL))
			if err != nil {
				t.Fatal(err)
			}
			if s.ID != anAlias || s.Key != aKey || !c.holds(s) {
				t.Errorf("got %+v", s)
			}
			if c, l := srv.creates.Load(), srv.lists.Load(); c != 1 || l != 0 {
				t.Errorf("%d creates, %d lists", c, l)
			}
		})
	}
	for name, header := range map[string]http.Header{
		"no content type":    {"Content-Type": nil},
		"other content type": {"Content-Type": {"text/html; charset=utf-8"}},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, answer{201, alias(), header}, emptyList)
			if _, err := create(t, clientOf(t, srv.URL)); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("white space around", func(t *testing.T) {
		srv := serve(t, answer{status: 201, body: "\r\n\t " + alias() + " \n"}, emptyList)
		if _, err := create(t, clientOf(t, srv.URL)); err != nil {
			t.Error(err)
		}
	})
}

// want is all that a caller can tell of a failed create.
type want struct {
	matches    string // all sentinels, by name
	status     int
	detail     string
	requestID  string
	retryAfter time.Duration
	creates    int32 // that reached the server
	lists      int32
}

func (w want) check(t *testing.T, srv *endpoint, s *api.Secret, err error) {
	t.Helper()
	if s != nil {
		t.Errorf("a secret beside an error: %+v", s)
	}
	e := failure(t, err, creating)
	got := want{matched(err), e.StatusCode, e.Detail, e.RequestID, e.RetryAfter, srv.creates.Load(), srv.lists.Load()}
	if got != w {
		t.Errorf("got  %+v\nwant %+v\n%v", got, w, err)
	}
	if text := err.Error(); !strings.HasPrefix(text, creating+": ") ||
		w.status != 0 && !strings.HasSuffix(text, fmt.Sprintf(" (status %d, request id %s)", w.status, w.requestID)) {
		t.Errorf("text: %s", text)
	}
}

const page = "<!DOCTYPE html>\n<html><head><title>Bad\n gateway &amp; more</title></head><body><h1>502</h1></body></html>"

// Answers that leave nothing open: an error of one kind, nothing sent again, and
// the list left alone.
func TestClearAnswers(t *testing.T) {
	const body = `{"status":0,"detail":"Some words"}`
	refused := func(matches string, statuses ...int) (all []want) {
		for _, status := range statuses {
			all = append(all, want{matches: matches, status: status, detail: "Some words", requestID: "req-1", creates: 1})
		}
		return all
	}
	var cases []want
	cases = append(cases, refused("ErrUnauthorized", 401)...)
	cases = append(cases, refused("ErrForbidden", 403)...)
	cases = append(cases, refused("ErrNotFound", 404)...)
	cases = append(cases, refused("ErrInvalidRequest", 400, 402, 405, 406, 407, 410, 411, 412, 413, 414, 415, 416, 417,
		418, 421, 422, 423, 424, 425, 426, 428, 431, 451, 460, 499)...)
	cases = append(cases, refused("ErrUnexpectedResponse", 300, 305, 306, 307, 308)...)
	notModified := refused("ErrUnexpectedResponse", 304)[0]
	notModified.detail = "" // HTTP allows it no body
	cases = append(cases, notModified)
	for _, w := range cases {
		t.Run(fmt.Sprint(w.status), func(t *testing.T) {
			srv := serve(t, answer{status: w.status, body: body}, emptyList)
			s, err := create(t, clientOf(t, srv.URL))
			w.check(t, srv, s, err)
		})
	}
	for name, c := range map[string]struct {
		answer answer
		want   want
	}{
		"401 without a body": {answer{status: 401}, want{"ErrUnauthorized", 401, "", "req-1", 0, 1, 0}},
		"400 with HTML": {
			answer{status: 400, body: page}, want{"ErrInvalidRequest", 400, "Bad gateway & more", "req-1", 0, 1, 0},
		},
		"404 with the message of old": {
			answer{status: 404, body: `{"timestamp":"x","status":404,"error":"Not Found","message":"no job","path":"/job"}`},
			want{"ErrNotFound", 404, "no job", "req-1", 0, 1, 0},
		},
		"403 with X-Correlation-Id": {
			answer{403, body, http.Header{"X-Request-Id": nil, "X-Correlation-Id": {"corr-1"}}},
			want{"ErrForbidden", 403, "Some words", "corr-1", 0, 1, 0},
		},
		"403 with both ids": {
			answer{403, body, http.Header{"X-Correlation-Id": {"corr-1"}}},
			want{"ErrForbidden", 403, "Some words", "req-1", 0, 1, 0},
		},
		"400 that names a time to wait": {
			answer{400, body, http.Header{"Retry-After": {"7"}}},
			want{"ErrInvalidRequest", 400, "Some words", "req-1", 7 * time.Second, 1, 0},
		},
		"429": {
			answer{status: 429, body: body},
			want{"ErrRateLimited", 429, "Some words", "req-1", 0, 4, 0},
		},
		"429 with a Retry-After that is too long": {
			answer{429, body, http.Header{"Retry-After": {"61"}}},
			want{"ErrRateLimited", 429, "Some words", "req-1", 61 * time.Second, 1, 0},
		},
		"429 with a Retry-After that makes no sense": {
			answer{429, body, http.Header{"Retry-After": {"soon"}}},
			want{"ErrRateLimited", 429, "Some words", "req-1", 0, 4, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, c.answer, emptyList)
			s, err := create(t, clientOf(t, srv.URL))
			c.want.check(t, srv, s, err)
		})
	}
}

// A conflict names who holds the key, where that can be looked up.
func TestConflict(t *testing.T) {
	taken := answer{status: 409, body: `{"status":409,"detail":"Variable already exists: PGPASSWORD"}`}
	for name, c := range map[string]struct {
		list   answer
		lists  int32
		holder bool
	}{
		"held":               {aliasList, 1, true},
		"held by a variable": {emptyList, 1, false},
		"higher scope only":  {answer{status: 200, body: results(alias(fields{"scope": "PROJECT"}))}, 1, false},
		"no list to be had":  {answer{status: 500}, 4, false},
		"list refused":       {answer{status: 403}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, taken, c.list)
			s, err := create(t, clientOf(t, srv.URL))
			want{"ErrConflict", 409, "Variable already exists: PGPASSWORD", "req-1", 0, 1, c.lists}.check(t, srv, s, err)
			if e := failure(t, err, creating); (e.Existing != nil) != c.holder || c.holder && e.Existing.ID != anAlias {
				t.Errorf("holder %+v", e.Existing)
			}
		})
	}
}

// Answers after which the alias may exist or not: the list decides, and where it
// holds nothing, the caller learns that nobody knows. The create is not sent again.
func TestUnclearAnswers(t *testing.T) {
	good := alias()
	cases := map[string]struct {
		answer  answer
		matches string // beside ErrOutcomeUnknown
		detail  string
	}{
		"201 empty":             {answer{status: 201}, "ErrUnexpectedResponse", ""},
		"201 null":              {answer{status: 201, body: `null`}, "ErrUnexpectedResponse", "null"},
		"201 {}":                {answer{status: 201, body: `{}`}, "ErrUnexpectedResponse", "{}"},
		"201 []":                {answer{status: 201, body: `[]`}, "ErrUnexpectedResponse", "[]"},
		"201 in a list":         {answer{status: 201, body: `[` + alias(fields{"x": 0}) + `]`}, "ErrUnexpectedResponse", ""},
		"201 HTML":              {answer{status: 201, body: page}, "ErrUnexpectedResponse", "Bad gateway & more"},
		"201 truncated JSON":    {answer{status: 201, body: `{"id":"0c0`}, "ErrUnexpectedResponse", `{"id":"0c0`},
		"201 with detail":       {answer{status: 201, body: `{"detail":"Accepted"}`}, "ErrUnexpectedResponse", "Accepted"},
		"201 in UTF-16":         {answer{status: 201, body: "\xfe\xff\x00{\x00}"}, "ErrUnexpectedResponse", "\ufffd\ufffd{}"},
		"200":                   {answer{status: 200, body: `{"detail":"OK"}`}, "ErrUnexpectedResponse", "OK"},
		"202":                   {answer{status: 202}, "ErrUnexpectedResponse", ""},
		"204":                   {answer{status: 204}, "ErrUnexpectedResponse", ""},
		"206":                   {answer{status: 206, body: "x"}, "ErrUnexpectedResponse", "x"},
		"299":                   {answer{status: 299}, "ErrUnexpectedResponse", ""},
		"301":                   {answer{status: 301}, "ErrUnexpectedResponse", ""},
		"302":                   {answer{status: 302, body: "see there"}, "ErrUnexpectedResponse", "see there"},
		"303":                   {answer{status: 303}, "ErrUnexpectedResponse", ""},
		"309":                   {answer{status: 309}, "ErrUnexpectedResponse", ""},
		"399":                   {answer{status: 399}, "ErrUnexpectedResponse", ""},
		"408":                   {answer{status: 408, body: `{"error":"too slow"}`}, "ErrServer", "too slow"},
		"500":                   {answer{status: 500, body: `{"title":"Oops"}`}, "ErrServer", "Oops"},
		"501":                   {answer{status: 501}, "ErrServer", ""},
		"502 with HTML":         {answer{status: 502, body: page}, "ErrServer", "Bad gateway & more"},
		"503":                   {answer{status: 503, body: "later"}, "ErrServer", "later"},
		"504":                   {answer{status: 504, body: "upstream request timeout"}, "ErrServer", "upstream request timeout"},
		"507":                   {answer{status: 507}, "ErrServer", ""},
		"599":                   {answer{status: 599}, "ErrServer", ""},
		"600":                   {answer{status: 600, body: "x"}, "ErrUnexpectedResponse", "x"},
		"999":                   {answer{status: 999}, "ErrUnexpectedResponse", ""},
		"201 with corrupt gzip": {answer{201, "no gzip", http.Header{"Content-Encoding": {"gzip"}}}, "ErrUnexpectedResponse", ""},
	}
	for name, body := range map[string]string{
		"201 trailing data":          good + `{}`,
		"201 trailing brace":         good + `}`,
		"201 null id":                alias(fields{"id": nil}),
		"201 no id":                  alias(fields{"id": absent{}}),
		"201 zero id":                alias(fields{"id": uuid.Nil}),
		"201 empty id":               alias(fields{"id": ""}),
		"201 id of a wrong type":     alias(fields{"id": 7}),
		"201 malformed id":           alias(fields{"id": "0c000000-0000"}),
		"201 another key":            alias(fields{"key": "PGUSER"}),
		"201 key in another case":    alias(fields{"key": "pgpassword"}),
		"201 no key":                 alias(fields{"key": absent{}}),
		"201 null key":               alias(fields{"key": nil}),
		"201 key of a wrong type":    alias(fields{"key": true}),
		"201 another aliased id":     alias(fields{"aliased_secret": reference(aStranger)}),
		"201 malformed aliased id":   alias(fields{"aliased_secret": reference("?")}),
		"201 aliased_secret a text":  alias(fields{"aliased_secret": "DB_PASSWORD"}),
		"201 created_at no time":     alias(fields{"created_at": "yesterday"}),
		"201 created_at a number":    alias(fields{"created_at": 1787220672}),
		"201 description a list":     alias(fields{"description": []string{}}),
		"201 interpolation a string": alias(fields{"enable_interpolation_in_file": "yes"}),
		"201 scope an object":        alias(fields{"scope": fields{}}),
	} {
		c := cases[name]
		c.answer, c.matches, c.detail = answer{status: 201, body: body}, "ErrUnexpectedResponse", start(body, 512)
		cases[name] = c
	}
	list := cases["201 in a list"]
	list.detail = start(list.answer.body, 512)
	cases["201 in a list"] = list

	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Run("listed", func(t *testing.T) {
				srv := serve(t, c.answer, aliasList)
				s, err := create(t, clientOf(t, srv.URL))
				if err != nil || s.ID != anAlias {
					t.Errorf("got %v, %v", s, err)
				}
				if c, l := srv.creates.Load(), srv.lists.Load(); c != 1 || l != 1 {
					t.Errorf("%d creates, %d lists", c, l)
				}
			})
			t.Run("not listed", func(t *testing.T) {
				srv := serve(t, c.answer, emptyList)
				s, err := create(t, clientOf(t, srv.URL))
				want{"ErrOutcomeUnknown " + c.matches, c.answer.status, c.detail, "req-1", 0, 1, 3}.check(t, srv, s, err)
			})
		})
	}
	t.Run("503 with Retry-After", func(t *testing.T) {
		srv := serve(t, answer{503, "", http.Header{"Retry-After": {"3600"}}}, emptyList)
		s, err := create(t, clientOf(t, srv.URL))
		want{"ErrOutcomeUnknown ErrServer", 503, "", "req-1", time.Hour, 1, 3}.check(t, srv, s, err)
	})
	t.Run("key taken by another secret meanwhile", func(t *testing.T) {
		srv := serve(t, answer{status: 502}, answer{status: 200, body: results(alias(fields{"aliased_secret": reference(aStranger)}))})
		s, err := create(t, clientOf(t, srv.URL))
		want{"ErrConflict", 0, "", "", 0, 1, 1}.check(t, srv, s, err)
		if e := failure(t, err, creating); e.Existing == nil || e.Existing.ID != anAlias {
			t.Errorf("holder %+v", e.Existing)
		}
	})
}

// start is the first limit characters.
func start(s string, limit int) string {
	runes := []rune(s)
	return string(runes[:min(limit, len(runes))])
}

// An answer longer than any secret can be is not read to its end.
func TestAnswersTooLong(t *testing.T) {
	long := alias(fields{"owned_by": strings.Repeat("x", 1<<20)})
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	w.Write([]byte(long))
	w.Close()
	for name, a := range map[string]answer{
		"plain":  {status: 201, body: long},
		"zipped": {201, zipped.String(), http.Header{"Content-Encoding": {"gzip"}}},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, a, emptyList)
			s, err := create(t, clientOf(t, srv.URL))
			want{"ErrOutcomeUnknown ErrUnexpectedResponse", 201, start(long, 512), "req-1", 0, 1, 3}.check(t, srv, s, err)
			if e := failure(t, err, creating); len(e.Body) > 4<<10 || !strings.Contains(err.Error(), "longer than is read") {
				t.Errorf("%d bytes of body; %v", len(e.Body), err)
			}
		})
	}
	t.Run("just not", func(t *testing.T) {
		fits := alias(fields{"owned_by": strings.Repeat("x", 1<<20-len(alias(fields{"owned_by": ""})))})
		if len(fits) != 1<<20 {
			t.Fatal(len(fits))
		}
		srv := serve(t, answer{status: 201, body: fits}, emptyList)
		if _, err := create(t, clientOf(t, srv.URL)); err != nil {
			t.Errorf("%.200s", err.Error())
		}
	})
}
