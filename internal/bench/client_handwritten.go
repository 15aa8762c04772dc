package bench

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

var _ = Register(handWritten, newHandWritten)

// newHandWritten does the bare minimum with net/http and encoding/json.
func newHandWritten(at Endpoint) (Create, error) {
	client := cmp.Or(at.HTTP, http.DefaultClient)
	return func(ctx context.Context, jobID, secretID uuid.UUID, key string) (Alias, error) {
		body, err := json.Marshal(generated.SecretAliasRequest{Key: key})
		if err != nil {
			return Alias{}, err
		}
		url := at.URL + "/job/" + jobID.String() + "/secret/" + secretID.String() + "/alias"
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return Alias{}, err
		}
		req.Header.Set("Authorization", "Token "+at.Token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			return Alias{}, err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusCreated {
			return Alias{}, fmt.Errorf("status %d", resp.StatusCode)
		}
		secret := new(generated.Secret)
		return aliasOf(secret, json.NewDecoder(resp.Body).Decode(secret))
	}, nil
}
