package api_test

// The snippets of the README, run against the fake; each of its blocks is part of a test file.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

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
	for range 2 { // safe to repeat
		alias, created, err := client.EnsureJobSecretAlias(ctx, jobID, secretID, api.AliasRequest{Key: "PGPASSWORD"})
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
	for i, r := range results {
		fmt.Println(specs[i].Request.Key, r.Created, r.Err)
	}
	// Output:
	// PGHOST true <nil>
	// PGPASSWORD true <nil>
	// PASSWORD false createJobSecretAlias: not found: no secret "DB_PASSWRD"
}

// A pipeline has its token in the environment.
func ExampleAuthFromEnv() {
	srv, jobID, _ := newFake()
	defer srv.Close()
	os.Setenv("QOVERY_API_TOKEN", srv.Token())
	defer os.Unsetenv("QOVERY_API_TOKEN")

	auth, err := api.AuthFromEnv()
	if err != nil {
		panic(err)
	}
	client, err := api.NewClient(auth, api.WithBaseURL(srv.URL()))
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

// The fake fails on demand. Here it has had too many requests.
func Example_testing() {
	srv := apitest.NewServer()
	defer srv.Close()
	job := srv.AddJob("nightly")
	srv.AddSecret(job, "QOVERY_POSTGRESQL_Z1234_PASSWORD", api.VariableScopeBuiltIn)
	client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()),
		api.WithBackoff(func(int) time.Duration { return 0 }))
	if err != nil {
		panic(err)
	}

	srv.Inject(apitest.Fault{Method: http.MethodPost, Status: http.StatusTooManyRequests})
	fmt.Println(provision(ctx, client, job))

	srv.Inject(apitest.Fault{Status: 401, Body: `{"status":401,"detail":"token expired"}`, Header: http.Header{"X-Request-Id": {"7f3a"}}})
	fmt.Println(provision(ctx, client, job))

	for _, r := range srv.Requests() {
		fmt.Println(r.Method, strings.Count(r.Path, "/"), r.Header["Authorization"])
	}
	// Output:
	// <nil>
	// listJobSecrets: unauthorized: token expired (status 401, request id 7f3a)
	// GET 3 [Token]
	// POST 5 [Token]
	// POST 5 [Token]
	// GET 3 [Token]
}

func TestQuickStart(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	srv.AddSecret(job, "QOVERY_POSTGRESQL_Z1234_PASSWORD", api.VariableScopeBuiltIn)
	t.Setenv("QOVERY_API_TOKEN", srv.Token())
	client, err := newClient(api.WithBaseURL(srv.URL()))
	for range 2 {
		if err = errors.Join(err, provision(t.Context(), client, job)); err != nil {
			t.Fatal(err)
		}
	}
	if secrets := srv.Secrets(job); len(secrets) != 2 || secrets[1].Key != "DB_PASSWORD" {
		t.Errorf("%+v", secrets)
	}
}

func TestREADMEBlocks(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
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
