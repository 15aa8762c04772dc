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

// create makes an alias. Its error says what the client tells its user, in the terms of this one.
type create func(context.Context, *judge.Call) error

// contenders are the clients under comparison, ours last.
var contenders = []struct {
	name    string
	ours    bool
	connect func(url string) (create, error)
}{
	{name: "bare generated", connect: func(url string) (create, error) { return generate(url, &http.Client{}) }},
	{name: "the same, three retries by hand", connect: byHand},
	{name: "the same, go-retryablehttp", connect: retryable},
	{name: "the same, 409 taken for success", connect: forgiving},
	{name: "CreateJobSecretAlias", ours: true, connect: ours(false)},
	{name: "EnsureJobSecretAlias", ours: true, connect: ours(true)},
}

// generate returns what oapi-codegen writes, with the token added.
func generate(url string, through *http.Client) (create, error) {
	client, err := generated.NewClientWithResponses(url, generated.WithHTTPClient(through),
		generated.WithRequestEditorFn(judge.Auth().RequestEditor()))
	return func(ctx context.Context, c *judge.Call) error {
		resp, err := client.CreateJobSecretAliasWithResponse(ctx, c.Job, c.Target, c.Request)
		switch {
		case err != nil:
			return api.ErrNoResponse
		case resp.JSON201 != nil:
			return nil
		}
		return &api.Error{StatusCode: resp.StatusCode()}
	}, err
}

// byHand repeats after an error of the transport and after a 5xx.
func byHand(url string) (create, error) {
	once, err := generate(url, &http.Client{})
	return func(ctx context.Context, c *judge.Call) error {
		for pause := 250 * time.Millisecond; ; pause *= 2 {
			err := once(ctx, c)
			transient := errors.Is(err, api.ErrNoResponse) || errors.Is(err, api.ErrServer)
			if !transient || pause > time.Second || !sleep(ctx, pause) {
				return err
			}
		}
	}, err
}

func retryable(url string) (create, error) {
	retrying := retryablehttp.NewClient()
	retrying.Logger = nil
	return generate(url, retrying.StandardClient())
}

// forgiving takes a key that exists for its own.
func forgiving(url string) (create, error) {
	retried, err := byHand(url)
	return func(ctx context.Context, c *judge.Call) error {
		err := retried(ctx, c)
		if errors.Is(err, api.ErrConflict) {
			return nil
		}
		return err
	}, err
}

// ours returns the client of this repository.
func ours(ensure bool) func(url string) (create, error) {
	return func(url string) (create, error) {
		client, err := api.NewClient(judge.Auth(), api.WithBaseURL(url))
		return func(ctx context.Context, c *judge.Call) (err error) {
			if ensure {
				_, _, err = client.EnsureJobSecretAlias(ctx, c.Job, c.Target, c.Request)
			} else {
				_, err = client.CreateJobSecretAlias(ctx, c.Job, c.Target, c.Request)
			}
			return err
		}, err
	}
}
