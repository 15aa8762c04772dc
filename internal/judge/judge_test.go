package judge_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

type transport struct{ *judge.History }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t.Do(r).Result(), nil }

func TestMisreport(t *testing.T) {
	fake := apitest.Start(t)
	history := judge.NewHistory(fake.Handler())
	client, err := api.NewClient(judge.Auth(), api.WithHTTPClient(&http.Client{Transport: transport{history}}))
	if err != nil {
		t.Fatal(err)
	}
	job := fake.AddJob("job")
	target := fake.AddSecret(job, "TARGET", api.VariableScopeProject)
	older := fake.AddAlias(job, target, "OLDER")
	fake.AddAlias(job, fake.AddSecret(job, "SECOND", api.VariableScopeProject), "TAKEN")
	history.Add(job, fake.Secrets(job)...)
	ids := 0
	call := func(verb, key string, of uuid.UUID) judge.Call {
		ids++
		c := &judge.Call{ID: ids, Verb: verb, Job: job, Target: of}
		c.Request.Key = key
		judge.Do(t.Context(), []*judge.Call{c}, judge.With(client))
		return *c
	}
	created, ensured := call("create", "A", target), call("ensure", "OLDER", target)
	taken := call("create", "TAKEN", target)
	listed, deleted := call("list", "", target), call("delete", "", older)
	unknown, forbidden := &api.Error{Operation: "op", Err: api.ErrOutcomeUnknown}, &api.Error{Operation: "op", StatusCode: 403}
	conflict := func(existing *api.Secret) error { return &api.Error{Operation: "op", StatusCode: 409, Existing: existing} }
	type report = *judge.Call
	for _, tc := range []struct {
		call judge.Call
		lie  func(*judge.Call)
		want string
	}{
		{created, func(c report) {}, ""},
		{created, func(c report) { c.Secret = nil }, "or neither"},
		{created, func(c report) { c.Secret, c.Err = nil, forbidden }, "though the alias was created"},
		{created, func(c report) { c.Secret, c.Err = nil, conflict(c.Secret) }, "that it created"},
		{created, func(c report) { c.Secret, c.Err = nil, conflict(nil) }, "nothing else had the key"},
		{created, func(c report) { c.Secret, c.Err = nil, unknown }, ""},
		{created, func(c report) { c.Err = unknown }, "a success and an error"},
		{created, func(c report) { c.Secret, c.Err = nil, errors.New("oops") }, "matches no sentinel"},
		{ensured, func(c report) {}, ""},
		{ensured, func(c report) { c.Verb, c.Request.Description = "create", api.Ptr("new") }, "another call's"},
		{ensured, func(c report) { c.Created = true }, "by another call"},
		{ensured, func(c report) { c.Target = uuid.New() }, "something else has the key"},
		{ensured, func(c report) { c.Secret, c.Err = nil, conflict(c.Secret) }, "that was asked for"},
		{ensured, func(c report) { c.Start = time.Now() }, "did not have the key"},
		{taken, func(c report) {}, ""},
		{listed, func(c report) {}, ""},
		{listed, func(c report) { c.Listed = c.Listed[1:] }, "incomplete"},
		{deleted, func(c report) {}, ""},
		{deleted, func(c report) { c.Err = forbidden }, "though the alias was deleted"},
		{deleted, func(c report) { c.Target = target }, "something else was deleted"},
		{listed, func(c report) { c.Verb = "delete" }, "though the alias is there"},
	} {
		tc.lie(&tc.call)
		if got := history.Misreport(&tc.call); tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s %s: %q, want %q", tc.call.Verb, tc.call.Request.Key, got, tc.want)
		}
	}
}
