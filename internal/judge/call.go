package judge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// Call is one call of a client: what it asks for, and what it reports. A call that ensures
// several aliases is several of them, made together.
type Call struct {
	ID            int       // from 1 on; that of calls made together is the same
	Verb          string    // create, ensure, delete or list
	Job, Target   uuid.UUID // Target is the secret to alias, or the alias to delete
	api.AliasSpec           // made alone, it asks for the Request of the Target
	Limit         time.Duration
	Cancel        bool // the context is cancelled after Limit, instead of having a deadline then

	Start, End       time.Time // a list of the call may show what there was at the start
	api.EnsureResult           // what it reports, but for a list
	Listed           []api.Secret
	Blind            bool // no list that it had shows what has the key, or that the alias is gone
	Repeated         bool // a request may have been repeated, or refused once it had taken effect
}

// Kind returns the kind of the call's error; empty: it is nil, or matches no sentinel.
func (c *Call) Kind() string { return (&api.Error{Err: c.Err}).Kind() }

// unseen reports whether a request may have taken effect and then been refused, out of sight.
func (c *Call) unseen() bool { return c.Repeated && c.Blind }

// Do makes calls together, by work.
func Do(ctx context.Context, calls []*Call, work func(context.Context, []*Call)) {
	one, start := calls[0], time.Now()
	ctx, cancel := context.WithCancel(context.WithValue(ctx, callKey{}, one.ID))
	defer cancel()
	switch {
	case one.Limit > 0 && one.Cancel:
		defer time.AfterFunc(one.Limit, cancel).Stop()
	case one.Limit > 0:
		ctx, cancel = context.WithTimeout(ctx, one.Limit)
		defer cancel()
	}
	work(ctx, calls)
	for _, c := range calls {
		c.Start, c.End = start, time.Now()
	}
}

// With makes calls with a client of package api.
func With(client *api.Client) func(context.Context, []*Call) {
	return func(ctx context.Context, calls []*Call) {
		switch c := calls[0]; {
		case len(calls) > 1:
			ensureAll(ctx, client, calls)
		case c.Verb == "ensure":
			c.Secret, c.Created, c.Err = client.EnsureJobSecretAlias(ctx, c.Job, c.Target, c.Request)
		case c.Verb == "create":
			c.Secret, c.Err = client.CreateJobSecretAlias(ctx, c.Job, c.Target, c.Request)
		case c.Verb == "delete":
			c.Err = client.DeleteJobSecretAlias(ctx, c.Job, c.Target)
		default:
			c.Listed, c.Err = client.ListJobSecrets(ctx, c.Job)
		}
	}
}

func ensureAll(ctx context.Context, client *api.Client, calls []*Call) {
	var specs []api.AliasSpec
	for _, c := range calls {
		specs = append(specs, c.AliasSpec)
	}
	results, err := client.EnsureJobSecretAliases(ctx, calls[0].Job, specs)
	for i, c := range calls {
		c.EnsureResult = results[i]
		if c.Err != nil && !errors.Is(err, c.Err) {
			c.Err = fmt.Errorf("not in the error of the call: %v", c.Err)
		}
	}
}

type callKey struct{}

// Auth signs requests with the ID of their call, in the shape of a JWT.
func Auth() api.Auth {
	return api.BearerTokenSource(func(ctx context.Context) (string, error) {
		return fmt.Sprintf("e30.%08d.e30", ctx.Value(callKey{})), nil
	})
}

// CallOf returns the ID of the call that sent a request.
func CallOf(r *http.Request) (id int) {
	fmt.Sscanf(r.Header.Get("Authorization"), "Bearer e30.%d.e30", &id)
	return id
}
