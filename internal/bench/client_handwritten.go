package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

var _ = register(handWritten, newHandWritten)

// newHandWritten does the bare minimum with net/http and encoding/json.
func newHandWritten(at endpoint) (create, error) {
	client := cmp.Or(at.http, http.DefaultClient)
	return func(ctx context.Context, jobID, secretID uuid.UUID, alias generated.SecretAliasRequest) (*generated.Secret, error) {
		body, err := json.Marshal(alias)
		if err != nil {
			return nil, err
		}
		url := at.url + "/job/" + jobID.String() + "/secret/" + secretID.String() + "/alias"
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Token "+at.token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusCreated {
			return nil, fmt.Errorf("status %d", resp.StatusCode)
		}
		secret := new(generated.Secret)
		return secret, json.NewDecoder(resp.Body).Decode(secret)
	}, nil
}
