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
	. "github.com/qovery-alias/qovery-alias-go/internal/judge"
)

type transport struct{ *History }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t.Do(r).Result(), nil }

func TestMisreport(t *testing.T) {
	fake := apitest.Start(t)
	history := NewHistory(fake.Handler())
	client, _ := api.NewClient(Auth(), api.WithHTTPClient(&http.Client{Transport: transport{history}}))
	job := fake.AddJob("job")
	target := fake.AddSecret(job, "TARGET", api.VariableScopeProject)
	alias := fake.AddAlias(job, target, "OLDER")
	history.Add(job, fake.Secrets(job)...)
	call := func(id int, verb, key string, of uuid.UUID) Call {
		c := &Call{ID: id, Verb: verb, Job: job, Target: of}
		c.Request.Key = key
		Do(t.Context(), []*Call{c}, With(client))
		return *c
	}
	created, ensured := call(1, "create", "A", target), call(2, "ensure", "OLDER", target)
	listed, deleted := call(3, "list", "", target), call(4, "delete", "", alias)
	forbidden, taken := &api.Error{Operation: "-", StatusCode: 403}, &api.Error{Operation: "-", StatusCode: 409}
	conflict := func(c *Call) { c.Secret, c.Err = nil, &api.Error{Operation: "-", StatusCode: 409, Existing: c.Secret} }
	for _, tc := range []struct {
		call Call
		lie  func(*Call)
		want string
	}{
		{created, func(c *Call) { c.Secret = nil }, "or neither"},
		{created, func(c *Call) { c.Secret, c.Err = nil, forbidden }, "though the alias was created"},
		{created, conflict, "it created"},
		{created, func(c *Call) { c.Secret, c.Err = nil, taken }, "nothing else had the key"},
		{created, func(c *Call) { c.Err = taken }, "a success and an error"},
		{created, func(c *Call) { c.Secret, c.Err = nil, errors.New("oops") }, "no sentinel"},
		{ensured, func(c *Call) { c.Verb, c.Request.Description = "create", api.Ptr("new") }, "another call's"},
		{ensured, func(c *Call) { c.Created = true }, "by another call"},
		{ensured, func(c *Call) { c.Target = uuid.New() }, "something else has the key"},
		{ensured, conflict, "asked for"},
		{ensured, func(c *Call) { c.Start = time.Now() }, "did not have the key"},
		{listed, func(c *Call) { c.Listed = c.Listed[1:] }, "incomplete"},
		{deleted, func(c *Call) { c.Err = forbidden }, "though the alias was deleted"},
		{deleted, func(c *Call) { c.Target = target }, "something else was deleted"},
		{listed, func(c *Call) { c.Verb = "delete" }, "though the alias is there"},
	} {
		honest := history.Misreport(&tc.call)
		tc.lie(&tc.call)
		if got := history.Misreport(&tc.call); honest != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s: %q, then %q, want %q", tc.call.Verb, honest, got, tc.want)
		}
	}
}
