package api_test

// Package api repeats what is generated, and has a method for all that the spec
// describes. Both go on being so after the spec has changed.

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	qoveryalias "github.com/qovery-alias/qovery-alias-go"
	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// constants are those of a file, name and value, that begin with one of the prefixes.
func constants(t *testing.T, file string, value func(ast.Expr) string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, decl := range parsed.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			spec := spec.(*ast.ValueSpec)
			for i, name := range spec.Names {
				for _, enum := range []string{"VariableScope", "VariableType", "ServiceType"} {
					if strings.HasPrefix(name.Name, enum) {
						found[name.Name] = value(spec.Values[i])
					}
				}
			}
		}
	}
	return found
}

func TestEnumsAreRepeated(t *testing.T) {
	literals := constants(t, "../generated/types.gen.go", func(e ast.Expr) string { return e.(*ast.BasicLit).Value })
	aliases := constants(t, "types.go", func(e ast.Expr) string {
		selector := e.(*ast.SelectorExpr)
		return selector.X.(*ast.Ident).Name + "." + selector.Sel.Name
	})
	for name, literal := range literals {
		if aliases[name] != "generated."+name {
			t.Errorf("%s (%s) is %q in api", name, literal, aliases[name])
		}
	}
	if len(aliases) != len(literals) || len(literals) == 0 {
		t.Errorf("%d constants in api, %d in generated", len(aliases), len(literals))
	}
	// Every value of the spec has its constant.
	for _, line := range strings.Split(string(qoveryalias.Spec), "\n") {
		values, ok := strings.CutPrefix(strings.TrimSpace(line), "enum: [")
		if !ok {
			continue
		}
		for _, value := range strings.Split(strings.TrimSuffix(values, "]"), ", ") {
			if !slices.Contains(slices.Collect(mapValues(literals)), `"`+value+`"`) {
				t.Errorf("%s of the spec has no constant", value)
			}
		}
	}
}

func mapValues(m map[string]string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

func TestPtr(t *testing.T) {
	text, no := api.Ptr(""), api.Ptr(false)
	if text == nil || *text != "" || no == nil || *no || *api.Ptr(api.VariableScopeJob) != "JOB" {
		t.Error("not a pointer to the value")
	}
	v := 1
	if p := api.Ptr(v); p == &v || *p != 1 {
		t.Error("not a copy")
	}
}

// operation is what the spec says of one.
type operation struct{ id, method, path string }

// specified scans the embedded spec line by line, which is written in one style.
func specified() (all []operation) {
	var path, method string
	for _, line := range strings.Split(string(qoveryalias.Spec), "\n") {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		name, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch {
		case indent == 2 && strings.HasPrefix(name, "/"):
			path = name
		case indent == 4 && slices.Contains([]string{"get", "put", "post", "delete", "patch", "head", "options", "trace"}, name):
			method = strings.ToUpper(name)
		case name == "operationId":
			all = append(all, operation{strings.TrimSpace(rest), method, path})
		}
	}
	return all
}

// An operation that is new in the spec needs a method, and its line in the table by
// which the chain knows what it may repeat.
func TestEveryOperationHasItsMethod(t *testing.T) {
	methods := map[string]string{
		"listJobSecrets": "ListJobSecrets", "deleteJobSecret": "DeleteJobSecretAlias", "createJobSecretAlias": "CreateJobSecretAlias",
	}
	spec := specified()
	if len(spec) != len(methods) {
		t.Errorf("the spec has %d operations, package api %d methods: %v", len(spec), len(methods), spec)
	}
	client, generatedClient := reflect.TypeFor[*api.Client](), reflect.TypeFor[*generated.Client]()
	for _, op := range spec {
		if _, ok := client.MethodByName(methods[op.id]); !ok {
			t.Errorf("%s has no method in api", op.id)
		}
		// What the chain calls an operation is seen in the log, and what it takes
		// for an answer as promised in what it lets pass.
		var log bytes.Buffer
		var sent *http.Request
		c := clientOf(t, "https://qovery.invalid/below", over(func(r *http.Request) (*http.Response, error) {
			sent = r
			return nil, errors.New("enough")
		}), api.WithRetries(0), api.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		name := strings.ToUpper(op.id[:1]) + op.id[1:]
		method := reflect.ValueOf(c.Generated().ClientInterface).MethodByName(name)
		if !method.IsValid() {
			t.Errorf("%s has no method in generated", op.id)
			continue
		}
		args := []reflect.Value{reflect.ValueOf(context.Background())}
		for i := 1; i < method.Type().NumIn()-1; i++ {
			args = append(args, reflect.Zero(method.Type().In(i)))
		}
		method.Call(args)
		if !strings.Contains(log.String(), "operation="+op.id+" ") {
			t.Errorf("%s is logged as %s", op.id, log.String())
		}
		pattern, zero := strings.Split("/below"+op.path, "/"), strings.Split(sent.URL.Path, "/")
		for i := range pattern {
			if strings.HasPrefix(pattern[i], "{") {
				pattern[i] = zero[i]
			}
		}
		if sent.Method != op.method || !slices.Equal(pattern, zero) {
			t.Errorf("%s: %s %s", op.id, sent.Method, sent.URL)
		}
	}
	for i := range generatedClient.NumMethod() {
		name := generatedClient.Method(i).Name
		id := strings.ToLower(name[:1]) + strings.TrimSuffix(name[1:], "WithBody")
		if methods[id] == "" {
			t.Errorf("%s of generated is not in the spec", name)
		}
	}
}

// The statuses of success are those of the spec: each operation has one.
func TestSuccessIsTheDocumentedStatus(t *testing.T) {
	documented := map[string]string{}
	var id string
	for _, line := range strings.Split(string(qoveryalias.Spec), "\n") {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name == "operationId" {
			id = strings.TrimSpace(rest)
		}
		if strings.HasPrefix(name, "'2") {
			documented[id] += strings.Trim(name, "'")
		}
	}
	want := map[string]string{"listJobSecrets": "200", "deleteJobSecret": "204", "createJobSecretAlias": "201"}
	if !reflect.DeepEqual(documented, want) {
		t.Errorf("the spec documents %v, package api takes %v", documented, want)
	}
}

// The names of the contract, of which other code is made.
var (
	_ func(api.Auth, ...api.Option) (*api.Client, error)   = api.NewClient
	_ func(string) api.Auth                                = api.APIToken
	_ func(string) api.Auth                                = api.BearerToken
	_ func(func(context.Context) (string, error)) api.Auth = api.BearerTokenSource
	_ func() (api.Auth, error)                             = api.AuthFromEnv
	_ func(api.Auth) generated.RequestEditorFn             = api.Auth.RequestEditor
	_ func(*api.Client)                                    = (*api.Client).CloseIdleConnections
	_ func(*api.Client) *generated.ClientWithResponses     = (*api.Client).Generated
	_ error                                                = (*api.Error)(nil)
	_ generated.Secret                                     = api.Secret{}
	_ generated.SecretReference                            = api.SecretReference{}
	_ generated.SecretAliasRequest                         = api.AliasRequest{}
	_ struct {
		Secret  *api.Secret
		Created bool
		Err     error
	} = api.EnsureResult{}
)
