package main

// What the commands that talk to Qovery have in common.

import (
	"cmp"
	"fmt"
	"os"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

const urlVariable = "QOVERY_API_URL"

// apiFlags are those of every such command.
func (c *call) apiFlags() *flags {
	f := newFlags()
	f.add("job", uuidInto(&c.job)).required = true
	f.add("url", textInto(&c.url))
	return f
}

// client is one for the address and the token that the user has given.
func (c *call) client() (*api.Client, error) {
	auth, err := api.AuthFromEnv()
	if err != nil {
		return nil, advise(err, "put an API token of your organization into QOVERY_API_TOKEN")
	}
	client, err := api.NewClient(auth, append([]api.Option{api.WithBaseURL(c.baseURL())}, c.opts...)...)
	if err != nil {
		source := "--url"
		if c.url == "" {
			source = urlVariable
		}
		return nil, advise(fmt.Errorf("%s: %w", source, err), "give an https:// address there")
	}
	return client, nil
}

func (c *call) baseURL() string {
	return cmp.Or(c.url, os.Getenv(urlVariable), generated.ServerURLQovery)
}

// tokenVariable is where api.AuthFromEnv finds the token; empty: nowhere.
func tokenVariable() string {
	for _, name := range tokenVariables {
		if os.Getenv(name) != "" {
			return name
		}
	}
	return ""
}

// tokenVariables are those of api.AuthFromEnv, in its order.
var tokenVariables = []string{"QOVERY_API_TOKEN", "QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN"}
