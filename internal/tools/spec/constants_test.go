package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConstants(t *testing.T) {
	golden, err := os.ReadFile("testdata/constants.golden")
	if err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := call("constants", "-operations", "-generated", "testdata/types.golden", "testdata/constants.yaml")
	if code != 0 || stdout != string(golden) || stderr != "" {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	output := filepath.Join(t.TempDir(), "spec.gen.go")
	code, stdout, stderr = call("constants", "-generated", "testdata/types.golden", "-o", output, "testdata/constants.yaml")
	written, err := os.ReadFile(output)
	if code != 0 || stdout != "" || stderr != "" || err != nil {
		t.Fatalf("exit %d, %v\n%s%s", code, err, stdout, stderr)
	}
	before, _, _ := strings.Cut(string(golden), "\n// The operations")
	if string(written) != before {
		t.Errorf("without operations:\n%s", written)
	}
}

// What package api cannot be given a constant for is said, and the file stays.
func TestConstantsThatCannotBe(t *testing.T) {
	document, err := os.ReadFile("testdata/constants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ old, new, want string }{
		"two limits":            {"radius: {type: integer}", "name: {type: string, maxLength: 41}", "name may be 40 characters long in one request and 41 in another"},
		"two successes":         {"'404'", "'202'", "listMoons: declares 2 statuses of success"},
		"no success":            {"'204'", "'304'", "renameMoon: declares 0 statuses of success"},
		"any success":           {"'204'", "2XX", "renameMoon: declares the status of success 2XX"},
		"no operationId":        {"operationId: createMoon", "summary: None", `POST /moon: operationId ""`},
		"exported operationId":  {"createMoon", "CreateMoon", `operationId "CreateMoon"`},
		"operationId with dash": {"createMoon", "create-moon", `operationId "create-moon"`},
	} {
		t.Run(name, func(t *testing.T) {
			changed := file(t, "changed.yaml", strings.Replace(string(document), test.old, test.new, 1))
			output := file(t, "spec.gen.go", "as it was")
			code, stdout, stderr := call("constants", "-operations", "-generated", "testdata/types.golden", "-o", output, changed)
			after, _ := os.ReadFile(output)
			if code != 2 || stdout != "" || !strings.Contains(stderr, test.want) || string(after) != "as it was" {
				t.Errorf("exit %d, want 2 and %q\n%s%s%s", code, test.want, stdout, stderr, after)
			}
		})
	}
}

// The generator has the last word on how a constant is spelled.
func TestConstantsAsTheyAreGenerated(t *testing.T) {
	types := file(t, "types.go", "package generated\n\nconst Server = `x`\n\nconst (\n\tKindAPIKey Kind = `API_KEY`\n\tscopes key = `s`\n)\n")
	code, stdout, stderr := call("constants", "-generated", types, "testdata/constants.yaml")
	if code != 0 || !strings.Contains(stdout, "\tKindAPIKey = generated.KindAPIKey\n") || strings.Count(stdout, "generated.") != 1 {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	for _, missing := range []string{"testdata/nowhere.go", "testdata/constants.yaml"} {
		if code, _, stderr := call("constants", "-generated", missing, "testdata/constants.yaml"); code != 2 || !strings.Contains(stderr, "-generated names") {
			t.Errorf("%s: exit %d\n%s", missing, code, stderr)
		}
	}
}

// A request is checked against every length in the document.
func TestLimits(t *testing.T) {
	document := edited(t, func(doc object) {
		key := schema(doc, "SecretAliasRequest", "properties", "key")
		key["minLength"], key["maxLength"] = 2, 40
		schema(doc, "SecretAliasRequest", "properties")["home_url"] = object{"type": "string", "minLength": 1}
	})
	output := file(t, "limits.go", "")
	code, stdout, stderr := call("constants", "-generated", "testdata/types.golden", "-limits", output, "-o", os.DevNull, document)
	written, _ := os.ReadFile(output)
	const want = `func CheckSecretAliasRequest(r generated.SecretAliasRequest) error {
	return cmp.Or[error](
		checkLength("description", r.Description, 0, 255),
		checkLength("home_url", r.HomeURL, 1, 2147483647),
		checkLength("key", &r.Key, 2, 40),
	)
}
`
	if code != 0 || stdout+stderr != "" || !strings.HasSuffix(string(written), want) {
		t.Errorf("exit %d\n%s%s%s", code, stdout, stderr, written)
	}
}
