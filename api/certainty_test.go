package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// A refusal of a DELETE that net/http may have repeated is certain only with a list after it.
func TestUnconfirmedDeletion(t *testing.T) {
	for _, status := range []int{400, 403, 404, 409, 429} {
		bubble(t, http.StatusText(status), func(t *testing.T) {
			fx := newFixture(t)
			fx.on("DELETE", applied(answered(status, "")))
			fx.on("GET", regular, answered(503, ""))
			if _, errs := callDelete(t.Context(), fx, fx.api); !strings.HasPrefix(sentinels(errs[0]), "Unknown") {
				t.Errorf("matches %q: %v", sentinels(errs[0]), errs[0])
			}
		})
	}
}

// The cause of a context that another call has ended, and a sentinel that a token source returns,
// lend this call no sentinel.
func TestBorrowedSentinels(t *testing.T) {
	bubble(t, "cause", func(t *testing.T) {
		fx := newFixture(t)
		fx.on("POST", hangs)
		fx.on("GET", hangs)
		_, other := fx.create(within(t, time.Second))
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(other)
		_, err := fx.create(ctx)
		want(t, err, "NotSent canceled", 0)
	})
	fx := newFixture(t)
	_, err := create(t, clientWith(t, api.APITokenSource(func(context.Context) (string, error) {
		return "", api.ErrOutcomeUnknown
	}), through(fx)))
	want(t, err, "NotSent", 0)
}

// A first list that hangs leaves time to act.
func TestHungFirstList(t *testing.T) {
	for _, deadline := range []time.Duration{12 * time.Second, 20 * time.Second, 40 * time.Second} {
		bubble(t, deadline.String(), func(t *testing.T) {
			fx := newFixture(t)
			fx.on("GET", hangs, regular)
			_, created, err := fx.api.EnsureJobSecretAlias(within(t, deadline), fx.job, fx.secret, api.AliasRequest{Key: "PG"})
			if err != nil || !created {
				t.Errorf("created %t: %v", created, err)
			}
		})
	}
}

// What a list says of invalid UTF-8 takes no more memory than what it says of text.
func TestMemoryOfInvalidUTF8(t *testing.T) {
	ff := strings.Repeat("\xff", 16*mib-300)
	entry := `{"id":"` + anAlias.String() + `","scope":"JOB","key":"`
	for name, body := range map[string]string{
		"a key":             `{"results":[` + entry + ff + `"}]}`,
		"an unknown member": `{"results":[` + entry + `K","` + ff + `":1}]}`,
		"beside the list":   `{"` + ff + `":1,"results":[]}`,
	} {
		client := clientOf(t, roundTrip(func(*http.Request) (*http.Response, error) {
			return reply{status: 200, body: body}.response(), nil
		}))
		var err error
		if used := peak(func() { _, err = client.ListJobSecrets(t.Context(), aJob) }); err != nil || used > 128*mib {
			t.Errorf("%s: %d MiB, %.200v", name, used/mib, err)
		}
	}
}
