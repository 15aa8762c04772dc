package api_test

// The snippets of the README, run against the fake; each of its blocks is part of a test file.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

var ctx = context.Background()

// newFake is a Qovery with the job "nightly", which sees DB_HOST and DB_PASSWORD.
func newFake() (srv *apitest.Server, job, password uuid.UUID) {
	srv = apitest.NewServer()
	job = srv.AddJob("nightly")
	srv.AddSecret(job, "DB_HOST", api.VariableScopeEnvironment)
	return srv, job, srv.AddSecret(job, "DB_PASSWORD", api.VariableScopeEnvironment)
}

// Quick start. Against Qovery itself leave WithBaseURL out.
func ExampleClient_EnsureJobSecretAlias() {
	srv, jobID, secretID := newFake()
	defer srv.Close()

	client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()))
	if err != nil {
		panic(err)
	}
	req := api.AliasRequest{Key: "PGPASSWORD"}
	for range 2 { // safe to repeat
		alias, created, err := client.EnsureJobSecretAlias(ctx, jobID, secretID, req)
		if err != nil {
			panic(err)
		}
		fmt.Println(alias.Key, "is", alias.AliasedSecret.Key, "- created now:", created)
	}
	// Output:
	// PGPASSWORD is DB_PASSWORD - created now: true
	// PGPASSWORD is DB_PASSWORD - created now: false
}

// What to do about an error depends on the sentinel that it matches.
func ExampleClient_CreateJobSecretAlias() {
	srv, jobID, secretID := newFake()
	defer srv.Close()
	srv.AddAlias(jobID, secretID, "PGPASSWORD")
	client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()))
	if err != nil {
		panic(err)
	}

	alias, err := client.CreateJobSecretAlias(ctx, jobID, secretID, api.AliasRequest{
		Key:         "PGPASSWORD",
		Description: api.Ptr("main database"),
	})
	var e *api.Error
	switch {
	case err == nil:
		fmt.Println("created", alias.ID)
	case errors.Is(err, api.ErrConflict):
		if errors.As(err, &e) && e.Existing != nil {
			fmt.Println("the key is in use, for", e.Existing.AliasedSecret.Key)
		}
	case errors.Is(err, api.ErrUnauthorized), errors.Is(err, api.ErrForbidden):
		fmt.Println("check the token:", err)
	case errors.Is(err, api.ErrNotSent):
		fmt.Println("nothing has changed, try again:", err)
	case errors.Is(err, api.ErrOutcomeUnknown):
		fmt.Println("find out with EnsureJobSecretAlias:", err)
	default:
		fmt.Println(err)
	}
	// Output: the key is in use, for DB_PASSWORD
}

// Many aliases of one job take one list request, and one for each that is missing.
func ExampleClient_EnsureJobSecretAliases() {
	srv, jobID, _ := newFake()
	defer srv.Close()
	client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()))
	if err != nil {
		panic(err)
	}

	specs := []api.AliasSpec{
		{SecretKey: "DB_HOST", Request: api.AliasRequest{Key: "PGHOST"}},
		{SecretKey: "DB_PASSWORD", Request: api.AliasRequest{Key: "PGPASSWORD"}},
		{SecretKey: "DB_PASSWRD", Request: api.AliasRequest{Key: "PASSWORD"}},
	}
	results, err := client.EnsureJobSecretAliases(ctx, jobID, specs)
	if results == nil { // nothing was tried
		panic(err)
	}
	for _, r := range results {
		fmt.Println(r.Key, r.Created, r.Err)
	}
	// Output:
	// PGHOST true <nil>
	// PGPASSWORD true <nil>
	// PASSWORD false createJobSecretAlias: not found: no secret "DB_PASSWRD"; did you mean "DB_PASSWORD"?
}

// A pipeline has its token in the environment.
func ExampleAuthFromEnv() {
	srv, jobID, _ := newFake()
	defer srv.Close()
	os.Setenv("QOVERY_API_TOKEN", srv.Token())
	defer os.Unsetenv("QOVERY_API_TOKEN")

	client, err := newClient(api.WithBaseURL(srv.URL())) // with the Auth of AuthFromEnv
	if err != nil {
		panic(err)
	}
	secret, err := client.FindJobSecret(ctx, jobID, "DB_PASSWORD")
	if err != nil {
		panic(err)
	}
	fmt.Println(secret.Key, secret.Scope)
	// Output: DB_PASSWORD ENVIRONMENT
}

// traffic writes down what goes over the wire, all but the token.
type traffic struct{ to io.Writer }

func (t traffic) RoundTrip(req *http.Request) (*http.Response, error) {
	unsigned := req.Clone(req.Context())
	unsigned.Header.Del("Authorization")
	dump, _ := httputil.DumpRequestOut(unsigned, true)
	t.to.Write(dump)
	unsigned.Header = req.Header // the dump has read the body, and left a copy
	resp, err := http.DefaultTransport.RoundTrip(unsigned)
	if err == nil {
		dump, _ = httputil.DumpResponse(resp, true)
		t.to.Write(dump)
	}
	return resp, err
}

// To look at the traffic, wrap the transport.
func ExampleWithHTTPClient() {
	srv, jobID, secretID := newFake()
	defer srv.Close()
	var seen strings.Builder // or os.Stderr
	client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()),
		api.WithHTTPClient(&http.Client{Transport: traffic{&seen}}))
	if err != nil {
		panic(err)
	}
	defer client.CloseIdleConnections()
	req := api.AliasRequest{Key: "PGPASSWORD"}
	if _, err := client.CreateJobSecretAlias(ctx, jobID, secretID, req); err != nil {
		panic(err)
	}
	for _, text := range []string{`{"key":"PGPASSWORD"}`, "201 Created", srv.Token()} {
		fmt.Print(strings.Contains(seen.String(), text), " ")
	}
	// Output: true true false
}

func TestProvision(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	srv.AddSecret(job, "QOVERY_POSTGRESQL_Z1234_PASSWORD", api.VariableScopeBuiltIn)
	client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()))
	if err != nil {
		t.Fatal(err)
	}
	// The alias is created, but the response is lost.
	srv.Inject(apitest.Fault{Method: http.MethodPost, Apply: true, Hangup: true})

	if err := provision(t.Context(), client, job); err != nil {
		t.Error(err)
	}
	if secrets := srv.Secrets(job); len(secrets) != 2 || secrets[1].Key != "DB_PASSWORD" {
		t.Errorf("DB_PASSWORD is not among the job's %d secrets", len(secrets))
	}
}

func TestREADMEBlocks(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range []string{"example_test.go", "readme_quickstart_test.go"} {
		text, _ := os.ReadFile(file)
		code.WriteString(squeezed(string(text)))
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) < 2 {
		t.Errorf("only %d blocks", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(code.String(), squeezed(block[1])) {
			t.Errorf("no test has this block:\n%s", block[1])
		}
	}
}

// squeezed leaves out what a README does not show: indentation, and the options that
// point a client at the fake.
func squeezed(code string) string {
	var b strings.Builder
	code = strings.NewReplacer(", opts...)", ")", "(opts ...api.Option)", "()").Replace(code)
	for line := range strings.Lines(code) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}
