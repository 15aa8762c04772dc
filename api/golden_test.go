package api_test

// The shapes on the wire: the sample answer of the API's reference page, and the
// bodies of requests.

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func TestSampleAnswer(t *testing.T) {
	golden, err := os.ReadFile("testdata/secret.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var got api.Secret
	strict := json.NewDecoder(bytes.NewReader(golden))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&got); err != nil {
		t.Fatal(err)
	}
	id := uuid.MustParse("3c90c3cc-0d44-4b50-8888-8dd25736052a")
	at := time.Date(2023, 11, 7, 5, 31, 56, 0, time.UTC)
	reference := func(key string) *api.SecretReference {
		return &api.SecretReference{
			ID: id, Key: key, MountPath: "<string>", Scope: api.VariableScopeApplication, VariableType: api.VariableTypeValue,
			Description: api.Ptr("<string>"), EnableInterpolationInFile: api.Ptr(true),
		}
	}
	want := api.Secret{
		ID: id, CreatedAt: at, UpdatedAt: &at, Key: "<string>", Scope: api.VariableScopeApplication,
		OverriddenSecret: reference("<string>"), AliasedSecret: reference("QOVERY_DATABASE_PSQL_NAME"),
		VariableType: api.Ptr(api.VariableTypeValue),
		ServiceID:    &id, ServiceName: api.Ptr("<string>"), ServiceType: api.Ptr(api.ServiceTypeApplication),
		OwnedBy: api.Ptr("<string>"), Description: api.Ptr("<string>"), EnableInterpolationInFile: api.Ptr(true),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	again, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var before, after any
	if json.Unmarshal(golden, &before) != nil || json.Unmarshal(again, &after) != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("encoded again: %s", again)
	}
}

// The same answer to a client: it is an alias of the one secret and of no other.
func TestSampleAnswerThroughClient(t *testing.T) {
	golden, err := os.ReadFile("testdata/secret.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.MustParse("3c90c3cc-0d44-4b50-8888-8dd25736052a")
	for target, want := range map[uuid.UUID]string{id: "", aSecret: "ErrOutcomeUnknown ErrUnexpectedResponse"} {
		client := clientOf(t, "https://qovery.invalid", over(func(r *http.Request) (*http.Response, error) {
			if r.Method == "GET" {
				return response(emptyList), nil
			}
			return response(answer{status: 201, body: string(golden)}), nil
		}))
		s, err := client.CreateJobSecretAlias(t.Context(), aJob, target, api.AliasRequest{Key: "<string>"})
		if matched(err) != want || want == "" && (s.ID != id || s.AliasedSecret.Key != "QOVERY_DATABASE_PSQL_NAME") {
			t.Errorf("got %v, %v", s, err)
		}
	}
}

// What is not set is not sent, since the server takes null and absent for different
// things; what is set to nothing is sent.
func TestRequestBodies(t *testing.T) {
	for _, c := range []struct {
		name string
		req  api.AliasRequest
		want string
	}{
		{"key alone", api.AliasRequest{Key: aKey}, `{"key":"PGPASSWORD"}`},
		{"empty and false", api.AliasRequest{Key: aKey, Description: api.Ptr(""), EnableInterpolationInFile: api.Ptr(false)},
			`{"description":"","enable_interpolation_in_file":false,"key":"PGPASSWORD"}`},
		{"all", api.AliasRequest{Key: aKey, Description: api.Ptr("main database"), EnableInterpolationInFile: api.Ptr(true)},
			`{"description":"main database","enable_interpolation_in_file":true,"key":"PGPASSWORD"}`},
		{"characters", api.AliasRequest{Key: "clé <&> \"\\ \u2028", Description: api.Ptr("日本\n")},
			`{"description":"日本\n","key":"clé \u003c\u0026\u003e \"\\ \u2028"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sent []byte
			srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sent, _ = io.ReadAll(r.Body)
				if r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Accept") != "application/json" ||
					r.ContentLength != int64(len(c.want)) || r.URL.RawQuery != "" {
					t.Errorf("%s with %v, %d bytes", r.URL, r.Header, r.ContentLength)
				}
				answer{status: 201, body: alias(fields{"key": c.req.Key})}.ServeHTTP(w, r)
			}), emptyList)
			s, err := clientOf(t, srv.URL).CreateJobSecretAlias(t.Context(), aJob, aSecret, c.req)
			if err != nil || s.Key != c.req.Key {
				t.Errorf("got %v, %v", s, err)
			}
			if string(sent) != c.want {
				t.Errorf("got  %s\nwant %s", sent, c.want)
			}
		})
	}
}
