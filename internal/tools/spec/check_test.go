package main

import (
	"os"
	"strings"
	"testing"
)

func TestTheDocumentIsValid(t *testing.T) {
	if code, stdout, stderr := call("check", root); code != 0 || stdout != root+" is valid\n" {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	const secret = "/components/schemas/Secret"
	const scope = "/components/schemas/VariableScope"
	tests := map[string]struct {
		edit func(doc object)
		want string
	}{
		"version":             {func(doc object) { doc["openapi"] = "3.1.0" }, "openapi: is 3.1.0, has to be 3.0.x"},
		"info":                {func(doc object) { delete(get(doc, "info"), "title") }, "title"},
		"type":                {func(doc object) { schema(doc, "Secret", "properties", "key")["type"] = "text" }, "text"},
		"keyword":             {func(doc object) { schema(doc, "Secret", "properties", "key")["nullabel"] = true }, "nullabel"},
		"path parameter":      {func(doc object) { delete(get(doc, "paths", aliasPath), "parameters") }, "parameter"},
		"response":            {func(doc object) { delete(get(doc, "components", "responses", "Conflict"), "description") }, "description"},
		"security":            {func(doc object) { doc["security"] = []any{object{"nobody": []any{}}} }, "nobody"},
		"same operationId":    {func(doc object) { operation(doc)["operationId"] = "listJobSecrets" }, "listJobSecrets"},
		"no operationId":      {func(doc object) { delete(operation(doc), "operationId") }, "POST " + aliasPath + ": has no operationId"},
		"no description":      {func(doc object) { delete(schema(doc, "Secret", "properties", "key"), "description") }, secret + "/properties/key: has no description"},
		"names absent":        {func(doc object) { delete(schema(doc, "VariableScope"), "x-enum-varnames") }, scope + ": has"},
		"name too few":        {func(doc object) { schema(doc, "VariableScope")["enum"] = []any{"A"} }, scope + ": has 1 enum values"},
		"name twice":          {func(doc object) { schema(doc, "VariableScope")["x-enum-varnames"].([]any)[0] = "Job" }, scope + ": has"},
		"name that is a list": {func(doc object) { schema(doc, "VariableScope")["x-enum-varnames"].([]any)[0] = []any{} }, scope + ": has"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := call("check", edited(t, test.edit))
			if code != 1 || strings.Count(stdout, "\n") != 1 || !strings.Contains(stdout, test.want) {
				t.Errorf("exit %d, want 1 and one line with %q\n%s%s", code, test.want, stdout, stderr)
			}
			t.Log(stdout)
		})
	}
	t.Run("default file", func(t *testing.T) {
		t.Chdir(t.TempDir())
		if err := os.WriteFile("openapi.yaml", []byte("openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {/a: {get: {responses: {'200': {description: D}}}}}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, stdout, _ := call("check"); code != 1 || stdout != "GET /a: has no operationId\n" {
			t.Errorf("exit %d\n%s", code, stdout)
		}
	})
}
