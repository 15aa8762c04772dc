package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// updated runs an update of a copy of base and returns what it printed and wrote.
func updated(t *testing.T, base, exceptions, upstream string) (code int, stdout, stderr, text string) {
	t.Helper()
	data, err := os.ReadFile(base)
	if err != nil {
		t.Fatal(err)
	}
	ours := file(t, "ours.yaml", string(data))
	code, stdout, stderr = call("update", "-base", ours, "-exceptions", exceptions, upstream)
	data, err = os.ReadFile(ours)
	if err != nil {
		t.Fatal(err)
	}
	return code, stdout, stderr, string(data)
}

// Without a difference, not a byte changes.
func TestUpdateWithoutADifference(t *testing.T) {
	before, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr, text := updated(t, root, os.DevNull, edited(t, func(object) {}))
	if code != 0 || stdout != "no drift\n" || stderr != "" || text != string(before) {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

// Each edit, made upstream, changes these lines of our document and no others, and
// leaves no drift.
func TestUpdateFollows(t *testing.T) {
	properties := func(doc object, schemaName string) object { return schema(doc, schemaName, "properties") }
	tests := map[string]struct {
		edit func(doc object)
		want string // lines removed and added
	}{
		"enum value": {
			func(doc object) {
				scope := schema(doc, "VariableScope")
				scope["enum"] = append(scope["enum"].([]any), "LAMBDA_FUNCTION")
			},
			`-      enum: [APPLICATION, BUILT_IN, ENVIRONMENT, PROJECT, CONTAINER, JOB, HELM, TERRAFORM, AGENTIC_WORKFLOW]
-      x-enum-varnames: [Application, BuiltIn, Environment, Project, Container, Job, Helm, Terraform, AgenticWorkflow]
+      enum: [APPLICATION, BUILT_IN, ENVIRONMENT, PROJECT, CONTAINER, JOB, HELM, TERRAFORM, AGENTIC_WORKFLOW, LAMBDA_FUNCTION]
+      x-enum-varnames: [Application, BuiltIn, Environment, Project, Container, Job, Helm, Terraform, AgenticWorkflow, LambdaFunction]
`},
		"enum value beside null": {
			func(doc object) {
				service := schema(doc, "ServiceType")
				service["enum"] = append([]any{"no", "json-file"}, service["enum"].([]any)...)
			},
			`-      enum: [APPLICATION, CONTAINER, DATABASE, JOB, HELM, TERRAFORM, null]
-      x-enum-varnames: [Application, Container, Database, Job, Helm, Terraform]
+      enum: [APPLICATION, CONTAINER, DATABASE, JOB, HELM, TERRAFORM, json-file, "no", null]
+      x-enum-varnames: [Application, Container, Database, Job, Helm, Terraform, JSONFile, "No"]
`},
		"optional property": {
			func(doc object) {
				properties(doc, "Secret")["expires_at"] = object{"type": "string", "format": "date-time", "nullable": true, "description": "Foreign words."}
			},
			`+        expires_at:
+          type: string
+          format: date-time
+          nullable: true
+          description: is the expires at. TODO(spec)
`},
		"required property of a response": {
			func(doc object) {
				properties(doc, "SecretReference")["hash"] = object{"type": "string"}
				schema(doc, "SecretReference")["required"] = append(schema(doc, "SecretReference")["required"].([]any), "hash")
			},
			`-      required: [id, key, mount_path, scope, variable_type]
+      required: [id, key, mount_path, scope, variable_type, hash]
+        hash:
+          type: string
+          description: is the hash. TODO(spec)
`},
		"property of a known schema": {
			func(doc object) {
				properties(doc, "Secret")["origin"] = object{"$ref": "#/components/schemas/VariableScope"}
			},
			`+        origin:
+          description: is the origin. TODO(spec)
+          allOf:
+            - $ref: '#/components/schemas/VariableScope'
`},
		"property of a new schema": {
			func(doc object) {
				schema(doc)["Rotation"] = object{"type": "object", "required": []any{"every"}, "properties": object{
					"every": object{"type": "integer", "minimum": 1},
					"kind":  object{"type": "string", "enum": []any{"DAILY", "a, b"}},
					"next":  object{"$ref": "#/components/schemas/Rotation"},
				}}
				properties(doc, "Secret")["rotation"] = object{"nullable": true, "allOf": []any{object{"$ref": "#/components/schemas/Rotation"}}}
			},
			`+        rotation:
+          description: is the rotation. TODO(spec)
+          nullable: true
+          allOf:
+            - $ref: '#/components/schemas/Rotation'
+    Rotation:
+      type: object
+      description: is the rotation. TODO(spec)
+      required: [every]
+      properties:
+        every:
+          type: integer
+          minimum: 1
+          description: is the every. TODO(spec)
+        kind:
+          type: string
+          description: is the kind. TODO(spec)
+          enum: [DAILY, 'a, b']
+          x-enum-varnames: [Daily, AB]
+        next:
+          description: is the next. TODO(spec)
+          allOf:
+            - $ref: '#/components/schemas/Rotation'
`},
		"limit raised": {
			func(doc object) { properties(doc, "SecretAliasRequest")["description"].(object)["maxLength"] = 500 },
			"-          maxLength: 255\n+          maxLength: 500\n"},
		"limit lowered": {
			func(doc object) { properties(doc, "SecretAliasRequest")["description"].(object)["maxLength"] = 100 },
			"-          maxLength: 255\n+          maxLength: 100\n"},
		"limit added": {
			func(doc object) {
				key := properties(doc, "SecretAliasRequest")["key"].(object)
				key["minLength"], key["pattern"] = 1, "^[A-Z]+$"
			},
			"+          minLength: 1\n+          pattern: ^[A-Z]+$\n"},
		"limit of a response removed": {
			func(doc object) { delete(properties(doc, "Secret")["description"].(object), "maxLength") },
			"-          maxLength: 255\n"},
		"nullable": {
			func(doc object) { properties(doc, "Secret")["owned_by"].(object)["nullable"] = true },
			"+          nullable: true\n"},
		"nullable no longer": {
			func(doc object) { delete(properties(doc, "Secret")["service_id"].(object), "nullable") },
			"-          nullable: true\n"},
		"reference nullable": {
			func(doc object) { properties(doc, "Secret")["variable_type"].(object)["nullable"] = true },
			"+          nullable: true\n"},
		"nullable enum no longer": {
			func(doc object) {
				service := schema(doc, "ServiceType")
				service["enum"] = slices.DeleteFunc(service["enum"].([]any), func(v any) bool { return v == nil })
				delete(service, "nullable")
			},
			`-      nullable: true
-      enum: [APPLICATION, CONTAINER, DATABASE, JOB, HELM, TERRAFORM, null]
+      enum: [APPLICATION, CONTAINER, DATABASE, JOB, HELM, TERRAFORM]
`},
		"read-only no longer": {
			func(doc object) { delete(properties(doc, "Secret")["id"].(object), "readOnly") },
			"-          readOnly: true\n"},
		"deprecated": {
			func(doc object) { properties(doc, "Secret")["owned_by"].(object)["deprecated"] = true },
			"+          deprecated: true\n"},
		"status": {
			func(doc object) { get(operation(doc), "responses")["422"] = object{"description": "Foreign words."} },
			"+        '422':\n+          description: Unprocessable Entity. TODO(spec)\n"},
		"status that others have": {
			func(doc object) {
				get(doc, "paths", "/job/{jobId}/secret", "get", "responses")["400"] = object{"description": "Foreign words."}
			},
			"+        '400':\n+          $ref: '#/components/responses/BadRequest'\n"},
	}
	before, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			upstream := edited(t, test.edit)
			code, stdout, stderr, text := updated(t, root, os.DevNull, upstream)
			if code != 0 || !strings.HasPrefix(stdout, "applied: ") || stderr != "" {
				t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
			}
			if got, want := lines(string(before), text), sorted(test.want); got != want {
				t.Errorf("changed\n%swant\n%s", got, want)
			}
			after := file(t, "after.yaml", text)
			if code, stdout, _ := call("drift", "-base", after, "-exceptions", os.DevNull, upstream); code != 0 {
				t.Errorf("afterwards: %s", stdout)
			}
			if code, stdout, _ := call("check", after); code != 0 {
				t.Errorf("afterwards: %s", stdout)
			}
			if _, _, _, again := updated(t, after, os.DevNull, upstream); again != text {
				t.Error("a second update changes more")
			}
			// With other line breaks, only those differ.
			windows := file(t, "windows.yaml", strings.ReplaceAll(string(before), "\n", "\r\n"))
			if _, _, _, other := updated(t, windows, os.DevNull, upstream); other != strings.ReplaceAll(text, "\n", "\r\n") {
				t.Error("line breaks are mixed")
			}
		})
	}
}

// lines returns the lines that only one of the texts has, those that are there more
// often included, as a comparison prints them.
func lines(before, after string) string {
	count := map[string]int{}
	for line := range strings.Lines(after) {
		count[line]++
	}
	for line := range strings.Lines(before) {
		count[line]--
	}
	var out strings.Builder
	for line, n := range count {
		for range n {
			out.WriteString("+" + line)
		}
		for range -n {
			out.WriteString("-" + line)
		}
	}
	return sorted(out.String())
}

func sorted(text string) string {
	return strings.Join(slices.Sorted(strings.Lines(text)), "")
}

// What takes a decision is left alone and named, and what does not is done.
func TestUpdateLeavesDecisions(t *testing.T) {
	tests := map[string]struct {
		edit func(doc object)
		want string // in the line
	}{
		"property removed":           {func(doc object) { delete(schema(doc, "Secret", "properties"), "owned_by") }, "Secret.owned_by: upstream absent"},
		"enum value removed":         {func(doc object) { schema(doc, "VariableType")["enum"] = []any{"VALUE"} }, "VariableType value ALIAS: upstream absent"},
		"type changed":               {func(doc object) { schema(doc, "Secret", "properties", "owned_by")["type"] = "integer" }, "Secret.owned_by type"},
		"required property nullable": {func(doc object) { schema(doc, "Secret", "properties", "key")["nullable"] = true }, "Secret.key nullable"},
		"limit of a request removed": {func(doc object) { delete(schema(doc, "SecretAliasRequest", "properties", "description"), "maxLength") }, "SecretAliasRequest.description maxLength: upstream none"},
		"operation removed":          {func(doc object) { delete(get(doc, "paths"), aliasPath) }, "createJobSecretAlias: upstream absent"},
		"status of success added":    {func(doc object) { get(operation(doc), "responses")["202"] = object{"description": "Later."} }, "createJobSecretAlias response 202"},
		"server changed":             {func(doc object) { doc["servers"] = []any{object{"url": "https://api.example.com"}} }, "server: upstream https://api.example.com"},
		"required by the request":    {func(doc object) { schema(doc, "SecretAliasRequest")["required"] = []any{"key", "description"} }, "SecretAliasRequest.description required"},
		"property that is an any-of": {func(doc object) {
			schema(doc, "Secret", "properties")["any"] = object{"anyOf": []any{object{"type": "string"}, object{"type": "integer"}}}
		}, "takes a decision"},
		"scheme of security renamed": {func(doc object) { doc["security"] = []any{object{"bearerAuth": []any{}}} }, "security: upstream bearerAuth"},
		"required parameter of a URL": {func(doc object) {
			operation(doc)["parameters"] = []any{object{"name": "dryRun", "in": "query", "required": true, "schema": object{"type": "boolean"}}}
		}, "query parameter dryRun"},
		"two schemas that are one here": {func(doc object) {
			other := schema(doc, "SecretReference")
			properties := object{}
			for name, property := range get(other, "properties") {
				properties[name] = property
			}
			properties["hash"] = object{"type": "string"}
			schema(doc)["Other"] = object{"type": "object", "nullable": true, "required": other["required"], "properties": properties}
			schema(doc, "Secret", "properties")["aliased_secret"] = object{"$ref": "#/components/schemas/Other"}
		}, "SecretReference.hash: upstream string, here absent [additive; Secret.aliased_secret] (that would make another difference"},
		"property renamed": {func(doc object) {
			properties := schema(doc, "Secret", "properties")
			properties["owner"] = properties["owned_by"]
			delete(properties, "owned_by")
		}, "Secret.owner: upstream string, here absent"},
		"required property of the request": {func(doc object) {
			schema(doc, "SecretAliasRequest", "properties")["reason"] = object{"type": "string"}
			schema(doc, "SecretAliasRequest")["required"] = []any{"key", "reason"}
		}, "SecretAliasRequest.reason: upstream string required"},
	}
	before, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr, text := updated(t, root, os.DevNull, edited(t, test.edit))
			if code != 1 || !strings.Contains(stdout, "needs a person: ") || !strings.Contains(stdout, test.want) || stderr != "" || text != string(before) {
				t.Errorf("exit %d, want 1 and %q\n%s%s%s", code, test.want, stdout, stderr, lines(string(before), text))
			}
			both := edited(t, func(doc object) {
				schema(doc, "SecretList", "properties")["total"] = object{"type": "integer"}
				test.edit(doc)
			})
			code, stdout, _, text = updated(t, root, os.DevNull, both)
			if want := "+        total:\n+          type: integer\n+          description: is the total. TODO(spec)\n"; code != 1 || lines(string(before), text) != sorted(want) {
				if name != "operation removed" || code != 1 {
					t.Errorf("with an addition: exit %d\n%s%s", code, stdout, lines(string(before), text))
				}
			}
		})
	}
}

// Exceptions are never touched; those that are no difference any more are named.
func TestUpdateKeepsExceptions(t *testing.T) {
	upstream := edited(t, func(doc object) {
		delete(get(operation(doc), "responses"), "409")
		schema(doc, "Secret", "properties", "service_id")["nullable"] = false
	})
	list := file(t, "exceptions.txt", "createJobSecretAlias response 409: upstream absent, here declared\n"+
		"Secret.service_id nullable: upstream false, here true\n")
	before, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr, text := updated(t, root, list, upstream)
	if code != 0 || stdout != "no drift\n" || text != string(before) {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	code, stdout, _, text = updated(t, root, list, root)
	if code != 1 || strings.Count(stdout, "is no difference any more, remove it") != 2 || text != string(before) {
		t.Errorf("exit %d\n%s", code, stdout)
	}
}

// Nothing is changed where the input cannot be read.
func TestUpdateOfUnreadableInput(t *testing.T) {
	before, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, upstream := range map[string]string{
		"missing":    filepath.Join(t.TempDir(), "nowhere.yaml"),
		"empty":      file(t, "empty.yaml", ""),
		"web page":   file(t, "page.html", "<html>"),
		"cut off":    file(t, "cut.yaml", string(before[:len(before)/2])),
		"other YAML": file(t, "other.yaml", "a: b\n"),
	} {
		code, stdout, stderr, text := updated(t, root, os.DevNull, upstream)
		if code != 2 || stdout != "" || stderr == "" || text != string(before) {
			t.Errorf("%s: exit %d\n%s%s", name, code, stdout, stderr)
		}
	}
	if code, _, _, text := updated(t, root, filepath.Join(t.TempDir(), "nowhere.txt"), root); code != 2 || text != string(before) {
		t.Errorf("no exceptions: exit %d", code)
	}
}
