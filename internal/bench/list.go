package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// The subjects of the comparison of lists.
const (
	byHand = "hand-written GET"
	listed = "ListJobSecrets"
)

// listSize is how many secrets the list that is compared holds.
const listSize = 10_000

// compareLists measures ListJobSecrets against reading and decoding the same bytes.
func compareLists(e effort) ([]bulkResult, error) {
	a, err := newResponses(listSize)
	if err != nil {
		return nil, err
	}
	var all []bulkResult
	for _, t := range transports {
		c, err := compareListsOver(e, t, a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
		all = append(all, bulkResult{fmt.Sprintf("%d secrets", listSize), t.name, c})
	}
	return all, nil
}

func compareListsOver(e effort, t transport, a *responses) (*comparison, error) {
	at, shut := t.open(a)
	defer shut()
	client, err := at.client()
	if err != nil {
		return nil, err
	}
	return compare(e,
		subject{byHand, func(n int) error { return repeat(n, 1, func(int) error { return listByHand(at, a) }) }},
		subject{listed, func(n int) error { return repeat(n, 1, func(int) error { return list(client, a) }) }})
}

func listByHand(at Endpoint, a *responses) error {
	secrets, err := getList(at, a)
	return enough(secrets, a, err)
}

func getList(at Endpoint, a *responses) ([]generated.Secret, error) {
	req, err := http.NewRequest(http.MethodGet, at.URL+"/job/"+a.job.String()+"/secret", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Token "+at.Token)
	resp, err := cmp.Or(at.HTTP, http.DefaultClient).Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var response struct{ Results []generated.Secret }
	err = json.Unmarshal(body, &response)
	return response.Results, err
}

// list lists the secrets.
func list(client *api.Client, a *responses) error {
	secrets, err := client.ListJobSecrets(context.Background(), a.job)
	return enough(secrets, a, err)
}

func enough(secrets []generated.Secret, a *responses, err error) error {
	if err == nil && len(secrets) != a.size {
		err = fmt.Errorf("%d secrets instead of %d", len(secrets), a.size)
	}
	return err
}
