// Command consumer runs when a job is deployed, and makes sure that it has the
// aliases of a configuration file:
//
//	consumer <job id> <file>
//
// The file is a JSON object: the key of each alias, and the key of its secret. The
// token comes from the environment. This is how a user would write it; check, below
// this folder, imports and vendors it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "consumer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 2 {
		return errors.New("usage: consumer <job id> <file>")
	}
	job, err := uuid.Parse(args[0])
	if err != nil {
		return fmt.Errorf("job id: %w", err)
	}
	data, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	var aliases map[string]string
	if err := json.Unmarshal(data, &aliases); err != nil {
		return fmt.Errorf("%s: %w", args[1], err)
	}
	auth, err := api.AuthFromEnv()
	if err != nil {
		return err
	}
	client, err := api.NewClient(auth, api.WithUserAgent("consumer/1.0"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	return ensure(ctx, client, job, aliases, out)
}

// ensure makes sure that the job has the aliases, given as key of the alias to key
// of the secret, and writes a line about each. It is safe to repeat.
func ensure(ctx context.Context, client *api.Client, job uuid.UUID, aliases map[string]string, out io.Writer) error {
	var specs []api.AliasSpec
	for _, key := range slices.Sorted(maps.Keys(aliases)) {
		specs = append(specs, api.AliasSpec{
			SecretKey: aliases[key],
			Request:   api.AliasRequest{Key: key, Description: api.Ptr("made at deployment")},
		})
	}
	results, err := client.EnsureJobSecretAliases(ctx, job, specs)
	for i, result := range results {
		fmt.Fprintf(out, "%s: %s\n", specs[i].Request.Key, outcome(result))
	}
	return err
}

func outcome(result api.EnsureResult) string {
	var failure *api.Error
	switch err := result.Err; {
	case result.Created:
		return "created"
	case err == nil:
		return "there already"
	case errors.Is(err, api.ErrOutcomeUnknown):
		return "nobody can tell, run again"
	case errors.Is(err, api.ErrConflict) && errors.As(err, &failure) && failure.Existing != nil:
		return fmt.Sprintf("the key belongs to secret %s", failure.Existing.ID)
	default:
		return "failed"
	}
}
