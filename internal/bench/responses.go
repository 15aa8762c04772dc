package bench

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// responses are those of a job that sees a number of secrets and has no aliases yet,
// as apitest gives them, kept as bytes so that answering costs next to nothing.
type responses struct {
	job     uuid.UUID
	size    int // how many secrets
	secrets []generated.Secret
	list    []byte
	// created is the response to a create, cut where the new key and the id of the
	// secret behind it belong.
	created [3]string
}

func newResponses(secrets int) (*responses, error) {
	fake := apitest.NewServer()
	defer fake.Close()
	a := &responses{job: fake.AddJob("nightly"), size: secrets}
	for i := range secrets {
		fake.AddSecret(a.job, secretKey(i), generated.VariableScopeEnvironment)
	}
	a.secrets = fake.Secrets(a.job)

	ask := func(method, path, body string) string {
		req := httptest.NewRequest(method, "/job/"+a.job.String()+"/secret"+path, strings.NewReader(body))
		req.Header.Set("Authorization", "Token "+fake.Token())
		req.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		fake.Handler().ServeHTTP(recorder, req)
		return recorder.Body.String()
	}
	a.list = []byte(ask(http.MethodGet, "", ""))
	const key = "THE_NEW_KEY"
	target := a.secrets[0].ID.String()
	template := ask(http.MethodPost, "/"+target+"/alias", `{"key":"`+key+`"}`)
	before, rest, foundKey := strings.Cut(template, key)
	between, after, foundTarget := strings.Cut(rest, target)
	if !foundKey || !foundTarget {
		return nil, fmt.Errorf("apitest responds to a create with %s", template)
	}
	a.created = [3]string{before, between, after}
	return a, nil
}

// alias is the response to the create of an alias.
func (a *responses) alias(key, target string) []byte {
	return []byte(a.created[0] + key + a.created[1] + target + a.created[2])
}

func secretKey(i int) string { return fmt.Sprintf("SECRET_%05d", i) }
func aliasKey(i int) string  { return fmt.Sprintf("ALIAS_%05d", i) }
