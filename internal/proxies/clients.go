package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// outcome is what a client tells its user of an alias.
type outcome string

const (
	done     outcome = "done"
	conflict outcome = "conflict"
	failed   outcome = "failed"
	unknown  outcome = "unknown"
)

// contender is a client under comparison, and how it makes an alias.
type contender struct {
	name string
	make func(context.Context, *judge.Call) outcome
}

// contenders returns the clients, each with connections of its own.
func contenders(url string) ([]contender, error) {
	plain := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	bare, err := newBare(url, plain)
	if err != nil {
		return nil, err
	}
	retrying := retryablehttp.NewClient()
	retrying.Logger = nil
	retryable, err := newBare(url, retrying.StandardClient())
	if err != nil {
		return nil, err
	}
	client, err := api.NewClient(judge.Auth(), api.WithBaseURL(url))
	if err != nil {
		return nil, err
	}
	return []contender{
		{"bare generated", once(bare)},
		{"the same, three retries by hand", byHand(bare)},
		{"the same, go-retryablehttp", once(retryable)},
		{"the same, 409 taken for success", forgiving(byHand(bare))},
		{"CreateJobSecretAlias", func(ctx context.Context, c *judge.Call) outcome {
			_, err := client.CreateJobSecretAlias(ctx, c.Job, c.Target, c.Request)
			return told(err)
		}},
		{"EnsureJobSecretAlias", func(ctx context.Context, c *judge.Call) outcome {
			_, _, err := client.EnsureJobSecretAlias(ctx, c.Job, c.Target, c.Request)
			return told(err)
		}},
	}, nil
}

// told is what a client of this repository tells its user.
func told(err error) outcome {
	switch {
	case err == nil:
		return done
	case errors.Is(err, api.ErrOutcomeUnknown):
		return unknown
	case errors.Is(err, api.ErrConflict):
		return conflict
	}
	return failed
}

type bareClient func(context.Context, *judge.Call) (*generated.CreateJobSecretAliasResponse, error)

// newBare returns what oapi-codegen writes, with the token added.
func newBare(url string, through *http.Client) (bareClient, error) {
	client, err := generated.NewClientWithResponses(url, generated.WithHTTPClient(through),
		generated.WithRequestEditorFn(judge.Auth().RequestEditor()))
	return func(ctx context.Context, c *judge.Call) (*generated.CreateJobSecretAliasResponse, error) {
		return client.CreateJobSecretAliasWithResponse(ctx, c.Job, c.Target, c.Request)
	}, err
}

// understood is what users of the generated client make of a response.
func understood(resp *generated.CreateJobSecretAliasResponse, err error) outcome {
	switch {
	case err != nil:
		return failed
	case resp.JSON201 != nil:
		return done
	case resp.StatusCode() == http.StatusConflict:
		return conflict
	}
	return failed
}

func once(bare bareClient) func(context.Context, *judge.Call) outcome {
	return func(ctx context.Context, c *judge.Call) outcome { return understood(bare(ctx, c)) }
}

// byHand tries four times, as it is often written: again after an error of the transport and
// after a 5xx.
func byHand(bare bareClient) func(context.Context, *judge.Call) outcome {
	return func(ctx context.Context, c *judge.Call) outcome {
		for pause := 250 * time.Millisecond; ; pause *= 2 {
			resp, err := bare(ctx, c)
			transient := err != nil || resp.StatusCode() >= 500
			if !transient || pause > time.Second || !sleep(ctx, pause) {
				return understood(resp, err)
			}
		}
	}
}

// forgiving takes a key that exists for its own.
func forgiving(create func(context.Context, *judge.Call) outcome) func(context.Context, *judge.Call) outcome {
	return func(ctx context.Context, c *judge.Call) outcome {
		if said := create(ctx, c); said != conflict {
			return said
		}
		return done
	}
}
