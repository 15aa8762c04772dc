package api_test

// The names of the contract, and the shapes on the wire: the response and the bodies that
// the API's reference shows, and those that are sent.

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"reflect"
	"testing"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

var (
	_ interface {
		error
		Timeout() bool
	} = (*api.Error)(nil)
	_ generated.Secret             = api.Secret{}
	_ generated.SecretReference    = api.SecretReference{}
	_ generated.SecretAliasRequest = api.AliasRequest{}
	_ struct {
		Secret  *api.Secret
		Created bool
		Err     error
	} = api.EnsureResult{}
)

func TestPtr(t *testing.T) {
	v := 1
	if p := api.Ptr(v); p == &v || *p != 1 || *api.Ptr(api.VariableScopeJob) != "JOB" {
		t.Error("not a pointer to a copy")
	}
}

// wantSame checks that v, encoded, is the sample.
func wantSame(t *testing.T, sample []byte, v any) {
	t.Helper()
	again, err := json.Marshal(v)
	var before, after any
	if err != nil || json.Unmarshal(sample, &before) != nil || json.Unmarshal(again, &after) != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("%v, encoded again: %s", err, again)
	}
}

// The samples pass the generated types without a loss.
func TestSamples(t *testing.T) {
	for name, v := range map[string]any{"secret": new(api.Secret), "request": new(api.AliasRequest), "list": new(generated.SecretList)} {
		data, err := os.ReadFile("testdata/" + name + ".golden.json")
		if err != nil {
			t.Fatal(err)
		}
		strict := json.NewDecoder(bytes.NewReader(data))
		strict.DisallowUnknownFields()
		if err := strict.Decode(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantSame(t, data, v)
		if name != "secret" {
			continue
		}
		// Through a client, every field arrives, and it is an alias of the one secret and of no other.
		fx := newFixture(t)
		fx.on("POST", answered(201, string(data)))
		got, err := fx.api.CreateJobSecretAlias(t.Context(), aJob, v.(*api.Secret).AliasedSecret.ID, api.AliasRequest{Key: "<string>"})
		wantSame(t, data, got)
		want(t, err, "-", 0)
		_, err = fx.api.CreateJobSecretAlias(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: "<string>"})
		want(t, err, "Unknown Unexpected", 201)
	}
}

// What is not set is not sent, since the server takes null and absent for different
// things; what is set to nothing is sent.
func TestRequestBodies(t *testing.T) {
	for want, req := range map[string]api.AliasRequest{
		`{"key":"PGPASSWORD"}`: {Key: aKey},
		`{"description":"","enable_interpolation_in_file":false,"key":"PGPASSWORD"}`: {Key: aKey, Description: api.Ptr(""), EnableInterpolationInFile: api.Ptr(false)},
		`{"description":"main","enable_interpolation_in_file":true,"key":"A"}`:       {Key: "A", Description: api.Ptr("main"), EnableInterpolationInFile: api.Ptr(true)},
		`{"description":"日本\n","key":"clé \u003c\u0026\u003e \"\\ \u2028x"}`:         {Key: "clé <&> \"\\ \u2028x", Description: api.Ptr("日本\n")},
	} {
		var sent []byte
		srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent, _ = io.ReadAll(r.Body)
			if r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Accept") != "application/json" ||
				r.ContentLength != int64(len(want)) || r.URL.RawQuery != "" {
				t.Errorf("%s with %v, %d bytes", r.URL, r.Header, r.ContentLength)
			}
			reply{status: 201, body: alias(fields{"key": req.Key})}.ServeHTTP(w, r)
		}), emptyList)
		s, err := clientOf(t, srv.URL).CreateJobSecretAlias(t.Context(), aJob, aSecret, req)
		if err != nil || s.Key != req.Key || string(sent) != want {
			t.Errorf("got  %s, %v\nwant %s", sent, err, want)
		}
	}
}
