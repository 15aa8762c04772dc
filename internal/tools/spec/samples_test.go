package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sampleFolder holds samples that have every property of root.
func sampleFolder(t *testing.T) string {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/samples")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestSamplesThatAreComplete(t *testing.T) {
	dir := sampleFolder(t)
	for _, args := range [][]string{{"-missing"}, {}} {
		code, stdout, stderr := call(append(append([]string{"samples", "-dir", dir}, args...), root)...)
		if code != 0 || stdout+stderr != "" {
			t.Errorf("%q: exit %d\n%s%s", args, code, stdout, stderr)
		}
	}
	for name := range sampled {
		before, _ := os.ReadFile("testdata/samples/" + name + sampleSuffix)
		after, err := os.ReadFile(filepath.Join(dir, name+sampleSuffix))
		if err != nil || string(after) != string(before) {
			t.Errorf("%s changed, %v", name, err)
		}
	}
}

func TestSamplesAreMade(t *testing.T) {
	changed := edited(t, func(doc object) {
		schema(doc)["Rotation"] = object{"type": "object", "properties": object{
			"every": object{"type": "integer", "minimum": 5},
			"days":  object{"type": "array", "items": object{"type": "string", "enum": []any{"no", "SUNDAY"}}},
			"next":  object{"$ref": "#/components/schemas/Rotation"},
		}}
		schema(doc, "Secret", "properties")["rotation"] = object{"$ref": "#/components/schemas/Rotation"}
		schema(doc, "SecretReference", "properties")["expires_at"] = object{"type": "string", "format": "date-time"}
		schema(doc, "SecretAliasRequest", "properties")["short"] = object{"type": "string", "maxLength": 3}
	})
	dir := sampleFolder(t)
	const want = `DIR/request.golden.json: SecretAliasRequest.short is missing
DIR/secret.golden.json: Secret.rotation is missing
DIR/secret.golden.json: SecretReference.expires_at is missing
`
	code, stdout, _ := call("samples", "-dir", dir, "-missing", changed)
	if code != 1 || strings.ReplaceAll(stdout, dir, "DIR") != want {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	if code, stdout, stderr := call("samples", "-dir", dir, changed); code != 0 || stdout+stderr != "" {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	if code, stdout, _ := call("samples", "-dir", dir, "-missing", changed); code != 0 {
		t.Errorf("afterwards: %s", stdout)
	}
	for name, want := range map[string]string{
		"request": `,
  "short": "<st"
}
`,
		"secret": `    "expires_at": "2023-11-07T05:31:56Z"
`,
		"secret " /* again */ : `  "rotation": {
    "days": [
      "no"
    ],
    "every": 5,
`,
	} {
		data, err := os.ReadFile(filepath.Join(dir, strings.TrimSpace(name)+sampleSuffix))
		if err != nil || !strings.Contains(string(data), want) {
			t.Errorf("%s, %v:\n%s", name, err, data)
		}
	}
}

func TestSamplesLoseWhatIsNotDeclared(t *testing.T) {
	changed := edited(t, func(doc object) { delete(schema(doc, "Secret", "properties"), "owned_by") })
	dir := sampleFolder(t)
	const want = "secret.golden.json: Secret.owned_by is not declared\n"
	if code, stdout, _ := call("samples", "-dir", dir, "-missing", changed); code != 1 || !strings.HasSuffix(stdout, want) {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	if code, stdout, stderr := call("samples", "-dir", dir, changed); code != 0 || stdout+stderr != "" {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	data, err := os.ReadFile(filepath.Join(dir, "secret"+sampleSuffix))
	if err != nil || strings.Contains(string(data), "owned_by") || !strings.Contains(string(data), `"service_type"`) {
		t.Errorf("%v:\n%s", err, data)
	}
}

func TestSamplesThatCannotBeRead(t *testing.T) {
	if code, _, stderr := call("samples", "-dir", t.TempDir(), root); code != 2 || stderr == "" {
		t.Errorf("no files: exit %d", code)
	}
	dir := sampleFolder(t)
	if err := os.WriteFile(filepath.Join(dir, "secret"+sampleSuffix), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := call("samples", "-dir", dir, root); code != 2 || !strings.Contains(stderr, "is no JSON") {
		t.Errorf("no JSON: exit %d %s", code, stderr)
	}
}
