package api_test

// The spec, the fake and the samples agree.

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	qoveryalias "github.com/qovery-alias/qovery-alias-go"
	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

func TestSpecIsTheFile(t *testing.T) {
	file, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(qoveryalias.Spec, file) {
		t.Error("the embedded spec is not openapi.yaml")
	}
}

// The fake answers an operation of the spec in its own words, and not as it answers
// what it does not know.
func TestEveryOperationHasItsRoute(t *testing.T) {
	srv := apitest.Start(t)
	answer := func(method, path string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Token "+srv.Token())
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var body struct{ Detail string }
		json.NewDecoder(resp.Body).Decode(&body)
		return resp.StatusCode, body.Detail
	}
	_, unknown := answer("GET", "/nothing/here")
	for _, op := range specified() {
		path := op.path
		for strings.Contains(path, "{") {
			before, rest, _ := strings.Cut(path, "{")
			_, after, _ := strings.Cut(rest, "}")
			path = before + uuid.NewString() + after
		}
		if status, detail := answer(op.method, path); status == 405 || status == 404 && detail == unknown {
			t.Errorf("%s %s: %d %s", op.method, op.path, status, detail)
		}
	}
}

// Every property of every schema stands in a sample, which passes the generated types
// without a loss.
func TestEveryPropertyHasItsSample(t *testing.T) {
	samples := map[string]string{"Secret": "secret", "SecretAliasRequest": "request", "SecretList": "list"}
	types := map[string]any{"Secret": new(api.Secret), "SecretAliasRequest": new(api.AliasRequest), "SecretList": new(generated.SecretList)}
	seen := map[string]map[string]any{}
	for schema, name := range samples {
		data, err := os.ReadFile("testdata/" + name + ".golden.json")
		if err != nil {
			t.Fatal(err)
		}
		strict := json.NewDecoder(bytes.NewReader(data))
		strict.DisallowUnknownFields()
		if err := strict.Decode(types[schema]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		again, err := json.Marshal(types[schema])
		if err != nil {
			t.Fatal(err)
		}
		var before, after map[string]any
		if json.Unmarshal(data, &before) != nil || json.Unmarshal(again, &after) != nil || !reflect.DeepEqual(before, after) {
			t.Errorf("%s, encoded again: %s", name, again)
		}
		seen[schema] = before
	}
	seen["SecretReference"], _ = seen["Secret"]["aliased_secret"].(map[string]any)

	properties := schemaProperties()
	if len(properties) < len(seen) {
		t.Errorf("found the schemas %v only", properties)
	}
	for schema, names := range properties {
		for _, name := range names {
			if _, ok := seen[schema][name]; !ok {
				t.Errorf("no sample has %s.%s: add it in api/testdata", schema, name)
			}
		}
	}
}

// schemaProperties scans the embedded spec line by line, which is written in one style.
func schemaProperties() map[string][]string {
	found := map[string][]string{}
	var section, schema, keyword string
	for line := range strings.Lines(string(qoveryalias.Spec)) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch indent := len(line) - len(strings.TrimLeft(line, " ")); {
		case name == "" || strings.HasPrefix(name, "#"):
		case indent <= 2:
			section = name
		case section == "schemas" && indent == 4:
			schema = name
		case section == "schemas" && indent == 6:
			keyword = name
		case section == "schemas" && indent == 8 && keyword == "properties":
			found[schema] = append(found[schema], name)
		}
	}
	return found
}
