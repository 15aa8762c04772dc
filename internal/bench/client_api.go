package main

import "github.com/qovery-alias/qovery-alias-go/api"

var _ = register(thisClient, newThisClient)

// newThisClient is the client of this repository with its defaults.
func newThisClient(at endpoint) (create, error) {
	client, err := at.client()
	if err != nil {
		return nil, err
	}
	return client.CreateJobSecretAlias, nil
}

func (at endpoint) client() (*api.Client, error) {
	return api.NewClient(api.APIToken(at.token), api.WithBaseURL(at.url), api.WithHTTPClient(at.http))
}
