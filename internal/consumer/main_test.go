package main

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// newJob is a job with the secret DB_PASSWORD of its environment.
func newJob(t *testing.T) (srv *apitest.Server, client *api.Client, job, secret uuid.UUID) {
	t.Helper()
	srv = apitest.Start(t)
	job = srv.AddJob("nightly")
	secret = srv.AddSecret(job, "DB_PASSWORD", api.VariableScopeEnvironment)
	client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()),
		api.WithBackoff(func(int) time.Duration { return 0 }))
	if err != nil {
		t.Fatal(err)
	}
	return srv, client, job, secret
}

func TestEnsure(t *testing.T) {
	wanted := map[string]string{"PGPASSWORD": "DB_PASSWORD"}
	tests := []struct {
		name    string
		aliases map[string]string
		prepare func(srv *apitest.Server, job, secret uuid.UUID)
		out     string
		err     error
	}{
		{"missing", wanted, nil, "PGPASSWORD: created\n", nil},
		{"there", wanted, func(srv *apitest.Server, job, secret uuid.UUID) {
			srv.AddAlias(job, secret, "PGPASSWORD")
		}, "PGPASSWORD: there already\n", nil},
		{"busy at first", wanted, func(srv *apitest.Server, job, secret uuid.UUID) {
			srv.Inject(apitest.Fault{Method: http.MethodPost, Status: http.StatusTooManyRequests})
		}, "PGPASSWORD: created\n", nil},
		{"answer lost", wanted, func(srv *apitest.Server, job, secret uuid.UUID) {
			srv.Inject(apitest.Fault{Method: http.MethodPost, Apply: true, Hangup: true})
		}, "PGPASSWORD: there already\n", nil},
		{"no such secret", map[string]string{"PGPASSWORD": "PASSWORD_OF_DB"}, nil,
			"PGPASSWORD: failed\n", api.ErrNotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			srv, client, job, secret := newJob(t)
			if test.prepare != nil {
				test.prepare(srv, job, secret)
			}
			var out strings.Builder
			err := ensure(t.Context(), client, job, test.aliases, &out)
			if !errors.Is(err, test.err) {
				t.Errorf("error is %v, want %v", err, test.err)
			}
			if out.String() != test.out {
				t.Errorf("printed %q, want %q", out.String(), test.out)
			}
			if test.err != nil {
				return
			}
			for _, s := range srv.Secrets(job) {
				if s.Key == "PGPASSWORD" && s.AliasedSecret != nil && s.AliasedSecret.ID == secret {
					return
				}
			}
			t.Error("the job does not have the alias")
		})
	}
}

func TestEnsureConflict(t *testing.T) {
	srv, client, job, _ := newJob(t)
	holder := srv.AddSecret(job, "PGPASSWORD", api.VariableScopeJob)
	var out strings.Builder
	err := ensure(t.Context(), client, job, map[string]string{"PGPASSWORD": "DB_PASSWORD"}, &out)
	if !errors.Is(err, api.ErrConflict) {
		t.Errorf("error is %v, want a conflict", err)
	}
	if want := "PGPASSWORD: the key belongs to secret " + holder.String() + "\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
}
