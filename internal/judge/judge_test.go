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
	created, ensured, taken := call("create", "A", target), call("ensure", "OLDER", target), call("create", "TAKEN", target)
	listed, deleted := call("list", "", target), call("delete", "", older)
	unknown := &api.Error{Err: api.ErrOutcomeUnknown}
	for _, tc := range []struct {
		call judge.Call
		lie  func(*judge.Call)
		want string
	}{
		{created, func(c *judge.Call) {}, ""},
		{created, func(c *judge.Call) { c.Secret = nil }, "without a secret"},
		{created, func(c *judge.Call) { c.Secret, c.Err = nil, &api.Error{StatusCode: 403} }, "though the alias was created"},
		{created, func(c *judge.Call) { c.Secret, c.Err = nil, &api.Error{StatusCode: 409, Existing: c.Secret} }, "that the call created"},
		{created, func(c *judge.Call) { c.Secret, c.Err = nil, &api.Error{StatusCode: 409} }, "nothing else had the key"},
		{created, func(c *judge.Call) { c.Secret, c.Err, c.Open = nil, unknown, judge.No }, "nothing is open"},
		{created, func(c *judge.Call) { c.Secret, c.Err = nil, unknown }, ""},
		{created, func(c *judge.Call) { c.Err = unknown }, "a success and an error"},
		{created, func(c *judge.Call) { c.Secret, c.Err = nil, errors.New("oops") }, "matches no sentinel"},
		{ensured, func(c *judge.Call) {}, ""},
		{ensured, func(c *judge.Call) { c.Created = true }, "by another call"},
		{ensured, func(c *judge.Call) { c.Target = uuid.New() }, "something else has the key"},
		{ensured, func(c *judge.Call) { c.Secret, c.Err = nil, &api.Error{StatusCode: 409, Existing: c.Secret} }, "that was asked for"},
		{ensured, func(c *judge.Call) { c.Start = c.End + 1 }, "did not have the key"},
		{taken, func(c *judge.Call) {}, ""},
		{taken, func(c *judge.Call) { c.Open = judge.Yes }, "may have taken effect"},
		{listed, func(c *judge.Call) {}, ""},
		{listed, func(c *judge.Call) { c.Listed = c.Listed[1:] }, "incomplete"},
		{deleted, func(c *judge.Call) {}, ""},
		{deleted, func(c *judge.Call) { c.Err = &api.Error{StatusCode: 404} }, "though the alias was deleted"},
		{deleted, func(c *judge.Call) { c.Target = target }, "something else was deleted"},
		{listed, func(c *judge.Call) { c.Verb, c.Target = "delete", target }, "though the alias is there"},
	} {
		tc.lie(&tc.call)
		if got := history.Misreport(&tc.call); tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s %s: %q, want %q", tc.call.Verb, tc.call.Request.Key, got, tc.want)
		}
	}
}
