package api_test

// Listing and finding: which secret of a key wins, what a list has to look like, and what
// many secrets cost.

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// The narrowest scope wins, in whatever order the secrets come; of equals the first.
func TestFindNarrowest(t *testing.T) {
	ranks := [][]api.VariableScope{
		{api.VariableScopeJob},
		{api.VariableScopeApplication, api.VariableScopeContainer, api.VariableScopeHelm, api.VariableScopeTerraform,
			api.VariableScopeAgenticWorkflow, "LAMBDA", "job"},
		{api.VariableScopeEnvironment},
		{api.VariableScopeProject},
		{api.VariableScopeBuiltIn},
	}
	find := func(scopes ...api.VariableScope) (found int) {
		fx := newFixture(t)
		var list, ids []string
		for _, scope := range scopes {
			ids = append(ids, uuid.NewString())
			list = append(list, fmt.Sprintf(`{"id":%q,"key":"K","scope":%q}`, ids[len(ids)-1], scope))
		}
		fx.listOnce(list...)
		s, err := fx.api.FindJobSecret(t.Context(), fx.job, "K")
		if err != nil {
			t.Fatalf("of %q: %v", scopes, err)
		}
		return slices.Index(ids, s.ID.String())
	}
	for narrow, narrower := range ranks {
		for _, scope := range narrower {
			for _, wider := range slices.Concat(ranks[narrow+1:]...) {
				if find(scope, wider) != 0 || find(wider, scope) != 1 {
					t.Errorf("%q does not win over %q", scope, wider)
				}
			}
		}
	}
	if find("BUILT_IN", "HELM", "PROJECT", "NEW") != 1 {
		t.Error("the first of equals does not win")
	}
}

func TestFindNotFound(t *testing.T) {
	for key, parts := range map[string][]string{
		"db_password":  {`"db_password"`, `"DB_PASSWORD"`, "case sensitive"},
		"Db_PassWord":  {`"Db_PassWord"`, `"DB_PASSWORD"`, "case sensitive"},
		"DB_PASSWORD2": {`"DB_PASSWORD2"`},
		"ß":            {`"ß"`},
	} {
		fx := newFixture(t)
		for _, find := range []func(context.Context, uuid.UUID, string) (*api.Secret, error){fx.api.FindJobSecret, fx.api.FindAliasTarget} {
			s, err := find(t.Context(), fx.job, key)
			if want(t, err, "NotFound", 0); s != nil || len(parts) == 1 && strings.Contains(fmt.Sprint(err), "case") {
				t.Errorf("%v, %v", s, err)
			}
			for _, part := range parts {
				if !strings.Contains(fmt.Sprint(err), part) {
					t.Errorf("%q does not mention %s", err, part)
				}
			}
		}
	}
	fx := newFixture(t)
	_, err := fx.api.FindJobSecret(t.Context(), uuid.New(), "K")
	want(t, err, "NotFound", 404)
}

// What a list has to look like. One odd value costs its field: see TestPromisedResponse.
func TestListBodies(t *testing.T) {
	const id = `"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c"`
	const entry = `{` + id + `,"key":"K","scope":"JOB"}`
	with := func(old, new string) string { return results(entry, strings.Replace(entry, old, new, 1)) }
	for body, says := range map[string]string{
		`{"results":[]}`: "-", `{"results":[],"more":{"a":[1]}}`: "-", "  \n{\"results\":[]}\n": "-",
		`{"results":null}`: "results", `{}`: "results", `null`: "", `[]`: "", `""`: "", ``: "", "\ufeff": "", `{"results":{}}`: "",
		`{"results":"[]"}`: "", `{"results":[]`: "", `{"results":[]}{}`: "", `{"results":[]} x`: "", page: "",
		`{"results":[null]}`: "", `{"results":[{}]}`: "", `{"results":[7]}`: "",
		with(id, `"id":"x"`): "id", with(id, `"id":null`): "id", with(id, `"id":"00000000-0000-0000-0000-000000000000"`): "id",
		with(`"K"`, `["K"]`): "key", with(`"JOB"`, `null`): "scope",
	} {
		fx := newFixture(t)
		fx.srv.Inject(apitest.Fault{Status: 200, Body: body, Header: http.Header{"Content-Type": {"text/html"}}}) // which does not matter
		list, err := fx.api.ListJobSecrets(t.Context(), fx.job)
		if fx.wantCounts(0, 1, 0); says == "-" {
			if err != nil || list == nil || len(list) != 0 {
				t.Errorf("%s: %#v, %v", body, list, err)
			}
		} else if want(t, err, "Unexpected", 200); list != nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, %v", body, list, err)
		}
	}
	fx := newFixture(t)
	fx.listOnce(alias(fields{"aliased_secret": reference("?")})) // which in a 201 is another promise
	list, err := fx.api.ListJobSecrets(t.Context(), fx.job)
	if err != nil || list[0].ID != anAlias || list[0].AliasedSecret.ID != uuid.Nil || list[0].AliasedSecret.Key != "DB_PASSWORD" {
		t.Errorf("%+v, %v", list, err)
	}
}

// A list may be 16 MiB long and have 100,000 entries, and no more, counted after
// decompression; of one that is longer no more is read.
func TestListLimits(t *testing.T) {
	entry := func(size int) string {
		return `{"id":"0c000000-0000-4000-8000-000000000003","key":"K","scope":"JOB","owned_by":"` + strings.Repeat("x", size) + `"}`
	}
	long := `"x":"` + strings.Repeat("x", 3<<20) + `",`
	entries := func(n, size int) string { return results(slices.Repeat([]string{entry(size)}, n)...) }
	for name, c := range map[string]struct {
		body string
		says string // "": it is taken
		n    int
	}{
		"100,000 entries":   {entries(100_000, 0), "", 100_000},
		"one more":          {entries(100_001, 0), "100000", 0},
		"16 MiB":            {entries(31, 1<<19), "", 31},
		"more":              {entries(33, 1<<19), "16 MiB", 0},
		"a long member":     {strings.Replace(results(), "{", "{"+long, 1), "1 MiB", 0},
		"one of an entry":   {results(strings.Replace(entry(0), "{", "{"+long, 1)), "1 MiB", 0},
		"much space":        {results(strings.Repeat(" ", 3<<20)), "1 MiB", 0},
		"space without end": {strings.Repeat(" ", 20<<20), "MiB", 0},
	} {
		for encoding, body := range map[string]string{"identity": c.body, "gzip": string(zipped(c.body, 1))} {
			t.Run(name+" "+encoding, func(t *testing.T) {
				t.Parallel()
				client := clientOf(t, serve(t, created, reply{200, body, http.Header{"Content-Encoding": {encoding}}}).URL)
				list, err := client.ListJobSecrets(t.Context(), aJob)
				if c.says == "" {
					if err != nil || len(list) != c.n {
						t.Errorf("%d, %v", len(list), err)
					}
					return
				}
				want(t, err, "Unexpected", 200)
				if list != nil || !strings.Contains(strings.ReplaceAll(fmt.Sprint(err), ",", ""), c.says) {
					t.Errorf("%.200s", fmt.Sprint(err))
				}
			})
		}
	}
}

// manySecrets is a list of so many secrets as Qovery sends them, every third an alias.
func manySecrets(n int) string {
	all := make([]string, n)
	for i := range all {
		scope, kind, target := "PROJECT", "VALUE", "null"
		if i%3 == 2 {
			scope, kind = "JOB", "ALIAS"
			target = fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d","key":"SECRET_%d","mount_path":null,"scope":"PROJECT","variable_type":"VALUE"}`, i, i-1)
		}
		all[i] = fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d","created_at":"2026-08-14T09:30:00.123456Z","updated_at":"2026-08-14T09:30:00.123456Z",`+
			`"key":"SECRET_%d","scope":%q,"variable_type":%q,"aliased_secret":%s,"overridden_secret":null,"service_id":null,"service_name":null,`+
			`"service_type":null,"owned_by":"QOVERY","description":"number %d of many","enable_interpolation_in_file":null}`, i+1, i, scope, kind, target, i)
	}
	return results(all...)
}

// Ten times the secrets cost ten times as much and no more: allocations are counted,
// which are the same on every machine.
func TestListGrowsInProportion(t *testing.T) {
	cost := func(n int) (allocs, size float64, body int) {
		data := manySecrets(n)
		client := clientOf(t, nowhere, over(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(data)), ContentLength: int64(len(data)), Request: req}, nil
		}))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		secrets, err := client.ListJobSecrets(context.Background(), aJob)
		runtime.ReadMemStats(&after)
		if err != nil || len(secrets) != n || secrets[n-1].Key != fmt.Sprintf("SECRET_%d", n-1) {
			t.Fatal(len(secrets), err)
		}
		return float64(after.Mallocs - before.Mallocs), float64(after.TotalAlloc - before.TotalAlloc), len(data)
	}
	cost(1) // what is made once
	allocs1, size1, body1 := cost(1_000)
	allocs10, size10, body10 := cost(10_000)
	if allocs10 > 12*allocs1 || size10 > 15*size1 || size10 > 12*float64(body10) {
		t.Errorf("1,000 secrets: %d KiB, %.0f allocations of %.0f KiB; 10,000: %d KiB, %.0f of %.0f KiB",
			body1>>10, allocs1, size1/1024, body10>>10, allocs10, size10/1024)
	}
}
