package judge_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

func TestMisreport(t *testing.T) {
	fake := apitest.Start(t)
	history := judge.NewHistory(fake.Handler())
	server := httptest.NewServer(history)
	defer server.Close()
	client, err := api.NewClient(judge.Auth(), api.WithBaseURL(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	job := fake.AddJob("job")
	target := fake.AddSecret(job, "TARGET", api.VariableScopeProject)
	older := fake.AddAlias(job, target, "OLDER")
	fake.AddAlias(job, fake.AddSecret(job, "SECOND", api.VariableScopeProject), "TAKEN")
	history.Add(job, fake.Secrets(job)...)
	calls := 0
	call := func(verb, key string, of uuid.UUID) judge.Call {
		calls++
		c := &judge.Call{ID: calls, Verb: verb, Job: job, Target: of, Request: api.AliasRequest{Key: key}}
		history.Run(t.Context(), client, verb, []*judge.Call{c})
		return *c
	}
	created, ensured := call("create", "A", target), call("ensure", "OLDER", target)
	taken := call("create", "TAKEN", target)
	listed, deleted := call("list", "", target), call("delete", "", older)
	unknown, forbidden := &api.Error{Err: api.ErrOutcomeUnknown}, &api.Error{StatusCode: 403}
	conflict := func(existing *api.Secret) error { return &api.Error{StatusCode: 409, Existing: existing} }
	type report = *judge.Call
	for _, tc := range []struct {
		call judge.Call
		lie  func(*judge.Call)
		want string
	}{
		{created, func(c report) {}, ""},
		{created, func(c report) { c.Secret = nil }, "without a secret"},
		{created, func(c report) { c.Secret, c.Err = nil, forbidden }, "though the alias was created"},
		{created, func(c report) { c.Secret, c.Err = nil, conflict(c.Secret) }, "that the call created"},
		{created, func(c report) { c.Secret, c.Err = nil, conflict(nil) }, "nothing else had the key"},
		{created, func(c report) { c.Secret, c.Err, c.Open = nil, unknown, judge.No }, "nothing is open"},
		{created, func(c report) { c.Secret, c.Err = nil, unknown }, ""},
		{created, func(c report) { c.Err = unknown }, "a success and an error"},
		{created, func(c report) { c.Secret, c.Err = nil, errors.New("oops") }, "matches no sentinel"},
		{ensured, func(c report) {}, ""},
		{ensured, func(c report) { c.Created = true }, "by another call"},
		{ensured, func(c report) { c.Target = uuid.New() }, "something else has the key"},
		{ensured, func(c report) { c.Secret, c.Err = nil, conflict(c.Secret) }, "that was asked for"},
		{ensured, func(c report) { c.Start = c.End + 1 }, "did not have the key"},
		{taken, func(c report) {}, ""},
		{taken, func(c report) { c.Open = judge.Yes }, "may have taken effect"},
		{listed, func(c report) {}, ""},
		{listed, func(c report) { c.Listed = c.Listed[1:] }, "incomplete"},
		{deleted, func(c report) {}, ""},
		{deleted, func(c report) { c.Err = forbidden }, "though the alias was deleted"},
		{deleted, func(c report) { c.Target = target }, "something else was deleted"},
		{listed, func(c report) { c.Verb, c.Target = "delete", target }, "though the alias is there"},
	} {
		tc.lie(&tc.call)
		if got := history.Misreport(&tc.call); tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s %s: %q, want %q", tc.call.Verb, tc.call.Request.Key, got, tc.want)
		}
	}
}
