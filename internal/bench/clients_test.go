package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// client is what a client under measurement can do. list and ensure may be nil.
type client struct {
	// create returns the key that the decoded response has.
	create func(ctx context.Context, jobID, secretID uuid.UUID, key string) (string, error)
	list   func(ctx context.Context, jobID uuid.UUID) ([]generated.Secret, error)
	ensure func(ctx context.Context, jobID uuid.UUID, aliases []api.AliasSpec) ([]api.EnsureResult, error)
}

// endpoint is where a client sends its requests, with which token, and by what.
type endpoint struct {
	url, token string
	http       *http.Client // nil: the client's default
}

// clients are the clients under measurement. ogen_test.go adds one.
var clients = map[string]func(testing.TB, endpoint) client{
	"handwritten": func(_ testing.TB, at endpoint) client {
		return client{create: handWritten{at}.create, list: handWritten{at}.list}
	},
	"generated": newGenerated,
	"api":       newAPI,
}

// newAPI returns a client of package api with its defaults.
func newAPI(t testing.TB, at endpoint) client {
	c, err := api.NewClient(api.APIToken(at.token), api.WithBaseURL(at.url), api.WithHTTPClient(at.http))
	must(t, err)
	create := func(ctx context.Context, jobID, secretID uuid.UUID, key string) (string, error) {
		alias, err := c.CreateJobSecretAlias(ctx, jobID, secretID, api.AliasRequest{Key: key})
		if err != nil {
			return "", err
		}
		return alias.Key, nil
	}
	return client{create, c.ListJobSecrets, c.EnsureJobSecretAliases}
}

// newGenerated returns the bare client that oapi-codegen generates, with nothing but the token added.
func newGenerated(t testing.TB, at endpoint) client {
	c, err := generated.NewClientWithResponses(at.url, generated.WithHTTPClient(at.http),
		generated.WithRequestEditorFn(api.APIToken(at.token).RequestEditor()))
	must(t, err)
	return client{create: func(ctx context.Context, jobID, secretID uuid.UUID, key string) (string, error) {
		req := generated.SecretAliasRequest{Key: key}
		resp, err := c.CreateJobSecretAliasWithResponse(ctx, jobID, secretID, req)
		if err != nil {
			return "", err
		}
		if resp.JSON201 == nil {
			return "", errors.New(resp.Status())
		}
		return resp.JSON201.Key, nil
	}}
}

// handWritten is what a careful engineer writes with net/http and encoding/json for these operations alone:
// a request has a deadline, a body is read up to a limit, a status other than the documented success is an
// error, and the body is decoded. Nothing is retried, and nothing that the response says is checked.
type handWritten struct{ endpoint }

func (c handWritten) create(ctx context.Context, jobID, secretID uuid.UUID, key string) (string, error) {
	var alias generated.Secret
	path := "/job/" + jobID.String() + "/secret/" + secretID.String() + "/alias"
	body, err := json.Marshal(generated.SecretAliasRequest{Key: key})
	if err != nil {
		return "", err
	}
	err = c.do(ctx, http.MethodPost, path, body, http.StatusCreated, &alias)
	return alias.Key, err
}

func (c handWritten) list(ctx context.Context, jobID uuid.UUID) ([]generated.Secret, error) {
	var list struct{ Results []generated.Secret }
	err := c.do(ctx, http.MethodGet, "/job/"+jobID.String()+"/secret", nil, http.StatusOK, &list)
	return list.Results, err
}

func (c handWritten) do(ctx context.Context, method, path string, body []byte, want int, result any) error {
	const timeout, maxBody = 30 * time.Second, 16 << 20
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Token "+c.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return err
	case len(data) > maxBody:
		return errors.New("response too large")
	case resp.StatusCode != want:
		return fmt.Errorf("%s %s: %s: %.200s", method, path, resp.Status, data)
	}
	return json.Unmarshal(data, result)
}
