package api_test

// What parses outside input, fuzzed.

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
)

// FuzzError: an error has no part of the token, is one line, and within its limits.
func FuzzError(f *testing.F) {
	for _, text := range []string{"", `{"detail":"x"}`, `{"message":1,"error":"y"}`, "<title>x</title>", "\x1f",
		`{"detail":"` + plantedToken + `"}`, "\x1b[31m"} {
		for _, after := range []string{"", "1.5", "1e9", "1.2.3", "Thu, 20 Aug 2026 10:11:42 GMT"} {
			f.Add(text, after)
		}
	}
	f.Fuzz(func(t *testing.T, text, after string) {
		header := http.Header{"X-Request-Id": {text}, "Retry-After": {after}}
		e := refusal(t, reply{400, text, header})
		if len([]rune(e.Detail)) > 512 || len([]rune(e.RequestID)) > 128 || len(e.Body) > 4096 || e.RetryAfter < 0 {
			t.Errorf("%+v", e)
		}
		for _, shown := range []string{e.Error(), e.Detail, e.RequestID} {
			if !printable(shown) || shown != safetext.Withhold(shown, plantedToken) {
				t.Errorf("%q", shown)
			}
		}
	})
}

// FuzzList: what encoding/json reads whole, and has what must be readable, reads the same entry by entry.
func FuzzList(f *testing.F) {
	entry := `{"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c","key":"K","scope":"JOB"`
	for _, text := range []string{`{"results":[]}`, `{"results":null}`, `{"results":[null]}`, `{"results":[]}{}`,
		`{"results":[` + entry + `}]}`, `{"x":{"results":[1]},"results":[` + entry + `,"variable_type":5}]}`,
		`{"results":[` + entry + `,"service_id":"","aliased_secret":{"id":"","key":5}}]} `} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		bad := func(s api.Secret) bool { return s.ID == uuid.Nil || s.Key == "" || s.Scope == "" }
		client := clientOf(t, fixed(created, reply{status: 200, body: text}))
		secrets, err := client.ListJobSecrets(t.Context(), aJob)
		for _, s := range secrets {
			if bad(s) {
				t.Errorf("%q: %+v", text, s)
			}
		}
		var list generated.SecretList
		if json.Unmarshal([]byte(text), &list) != nil || list.Results == nil ||
			strings.Count(text, "esults") != 1 || !strings.Contains(text, `"results"`) {
			return
		}
		for _, s := range *list.Results {
			if bad(s) {
				return
			}
		}
		if err != nil || len(secrets) != len(*list.Results) {
			t.Errorf("%q: %d, %v", text, len(secrets), err)
		}
	})
}
