package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// root is a document like that of this repository. It stays as it is when that one
// changes.
const root = "testdata/openapi.yaml"

type object = map[string]any

// call runs the command and returns its exit code and what it printed.
func call(args ...string) (code int, stdout, stderr string) {
	var out, err strings.Builder
	code = run(args, &out, &err)
	return code, out.String(), err.String()
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// edited writes a changed copy of root.
func edited(t *testing.T, edit func(doc object)) string {
	t.Helper()
	data, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	var doc object
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	edit(doc)
	data, err = json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return file(t, "edited.json", string(data))
}

// get follows keys down from o.
func get(o object, keys ...string) object {
	for _, key := range keys {
		o = o[key].(object)
	}
	return o
}

func schema(doc object, keys ...string) object {
	return get(doc, append([]string{"components", "schemas"}, keys...)...)
}

const aliasPath = "/job/{jobId}/secret/{secretId}/alias"

func operation(doc object) object { return get(doc, "paths", aliasPath, "post") }

// The places in a bracket, which change with the operations there are.
var places = regexp.MustCompile(`; .*\]`)

// What a line says of the two documents.
var sides = regexp.MustCompile(`upstream (.*), here (.*) \[.*`)

// Each edit, made upstream, is reported as exactly these lines, and nothing else is.
// Made in our document, it is reported the other way round.
func TestEveryChangeOfShapeIsNamed(t *testing.T) {
	tests := map[string]struct {
		edit func(doc object)
		want []string
	}{
		"enum value added": {
			func(doc object) {
				scope := schema(doc, "VariableScope")
				scope["enum"] = append(scope["enum"].([]any), "PLANET")
			},
			[]string{"VariableScope value PLANET: upstream declared, here absent [additive]"},
		},
		"enum value removed": {
			func(doc object) {
				scope := schema(doc, "VariableScope")
				scope["enum"] = slices.DeleteFunc(scope["enum"].([]any), func(v any) bool { return v == "HELM" })
			},
			[]string{"VariableScope value HELM: upstream absent, here declared [breaking]"},
		},
		"enum opened": {
			func(doc object) { delete(schema(doc, "ServiceType"), "enum") },
			[]string{"ServiceType enum: upstream absent, here declared [breaking]"},
		},
		"nullable field added": {
			func(doc object) {
				schema(doc, "Secret", "properties")["expires_at"] = object{"type": "string", "format": "date-time", "nullable": true}
			},
			[]string{"Secret.expires_at: upstream string date-time nullable, here absent [additive]"},
		},
		"required field added to the request": {
			func(doc object) {
				schema(doc, "SecretAliasRequest", "properties")["reason"] = object{"type": "string"}
				schema(doc, "SecretAliasRequest")["required"] = []any{"key", "reason"}
			},
			[]string{"SecretAliasRequest.reason: upstream string required, here absent [breaking]"},
		},
		"required field added to the answer": {
			func(doc object) {
				schema(doc, "SecretReference", "properties")["hash"] = object{"type": "string"}
				schema(doc, "SecretReference")["required"] = append(schema(doc, "SecretReference")["required"].([]any), "hash")
			},
			[]string{"SecretReference.hash: upstream string required, here absent [additive]"},
		},
		"field removed": {
			func(doc object) { delete(schema(doc, "Secret", "properties"), "owned_by") },
			[]string{"Secret.owned_by: upstream absent, here string [breaking]"},
		},
		"field renamed": {
			func(doc object) {
				properties := schema(doc, "Secret", "properties")
				properties["type"] = properties["variable_type"]
				delete(properties, "variable_type")
			},
			[]string{
				"Secret.variable_type: upstream absent, here string enum [breaking]",
				"Secret.type: upstream string enum, here absent [additive]",
			},
		},
		"type changed": {
			func(doc object) { schema(doc, "Secret", "properties", "owned_by")["type"] = "integer" },
			[]string{"Secret.owned_by type: upstream integer, here string [breaking]"},
		},
		"array became an object": {
			func(doc object) {
				schema(doc, "SecretList", "properties")["results"] = object{"$ref": "#/components/schemas/Secret"}
			},
			[]string{"SecretList.results type: upstream object, here array [breaking]"},
		},
		"format changed": {
			func(doc object) { delete(schema(doc, "Secret", "properties", "created_at"), "format") },
			[]string{"Secret.created_at format: upstream none, here date-time [breaking]"},
		},
		"bound of the request widened": {
			func(doc object) { schema(doc, "SecretAliasRequest", "properties", "description")["maxLength"] = 500 },
			[]string{"SecretAliasRequest.description maxLength: upstream 500, here 255 [additive]"},
		},
		"bound of the request removed": {
			func(doc object) { delete(schema(doc, "SecretAliasRequest", "properties", "description"), "maxLength") },
			[]string{"SecretAliasRequest.description maxLength: upstream none, here 255 [additive]"},
		},
		"bound of the request narrowed": {
			func(doc object) { schema(doc, "SecretAliasRequest", "properties", "description")["maxLength"] = 100 },
			[]string{"SecretAliasRequest.description maxLength: upstream 100, here 255 [breaking]"},
		},
		"bound of the request added": {
			func(doc object) { schema(doc, "SecretAliasRequest", "properties", "key")["maxLength"] = 100 },
			[]string{"SecretAliasRequest.key maxLength: upstream 100, here none [breaking]"},
		},
		"pattern of the request added": {
			func(doc object) { schema(doc, "SecretAliasRequest", "properties", "key")["pattern"] = "^[A-Z]+$" },
			[]string{"SecretAliasRequest.key pattern: upstream ^[A-Z]+$, here none [breaking]"},
		},
		"bound of the answer changed": {
			func(doc object) { schema(doc, "Secret", "properties", "description")["maxLength"] = 100 },
			[]string{"Secret.description maxLength: upstream 100, here 255 [no effect]"},
		},
		"optional field became nullable": {
			func(doc object) { schema(doc, "Secret", "properties", "owned_by")["nullable"] = true },
			[]string{"Secret.owned_by nullable: upstream true, here false [no effect]"},
		},
		"required field became nullable": {
			func(doc object) { schema(doc, "SecretReference", "properties", "key")["nullable"] = true },
			[]string{"SecretReference.key nullable: upstream true, here false [breaking]"},
		},
		"reference became nullable": {
			func(doc object) { schema(doc, "Secret", "properties", "scope")["nullable"] = true },
			[]string{"VariableScope nullable: upstream true, here false [breaking]"},
		},
		"field became required": {
			func(doc object) {
				schema(doc, "SecretList")["required"] = []any{"results"}
			},
			[]string{"SecretList.results required: upstream true, here false [breaking]"},
		},
		"field became optional": {
			func(doc object) { delete(schema(doc, "SecretAliasRequest"), "required") },
			[]string{"SecretAliasRequest.key required: upstream false, here true [breaking]"},
		},
		"read-only no longer": {
			func(doc object) { delete(schema(doc, "Secret", "properties", "id"), "readOnly") },
			[]string{"Secret.id readOnly: upstream false, here true [no effect]"},
		},
		"shared schema became nullable": {
			func(doc object) { schema(doc, "VariableType")["nullable"] = true },
			[]string{"VariableType nullable: upstream true, here false [breaking]"},
		},
		"more fields of one type": {
			func(doc object) { schema(doc, "Secret")["additionalProperties"] = object{"type": "string"} },
			[]string{"Secret{} schema: upstream declared, here absent [breaking]"},
		},
		"alternatives": {
			func(doc object) {
				schema(doc, "Secret", "properties", "owned_by")["oneOf"] = []any{object{"type": "string"}, object{"type": "integer"}}
			},
			[]string{"Secret.owned_by oneOf: upstream otherwise, here as declared [breaking]"},
		},
		"parameter added": {
			func(doc object) {
				operation(doc)["parameters"] = []any{object{"name": "dryRun", "in": "query", "required": true, "schema": object{"type": "boolean"}}}
			},
			[]string{"query parameter dryRun: upstream declared, here absent [breaking]"},
		},
		"parameter renamed": {
			func(doc object) {
				paths := get(doc, "paths")
				item := get(paths, aliasPath)
				delete(paths, aliasPath)
				paths[strings.Replace(aliasPath, "secretId", "id", 1)] = item
				item["parameters"].([]any)[1].(object)["name"] = "id"
			},
			[]string{"path parameter secretId name: upstream id, here secretId [no effect]"},
		},
		"format of a parameter changed": {
			func(doc object) {
				for path, item := range get(doc, "paths") {
					if strings.HasPrefix(path, "/job/{jobId}/") {
						delete(item.(object)["parameters"].([]any)[0].(object)["schema"].(object), "format")
					}
				}
			},
			[]string{"path parameter jobId format: upstream none, here uuid [breaking]"},
		},
		"request body removed": {
			func(doc object) { delete(operation(doc), "requestBody") },
			[]string{"createJobSecretAlias request body: upstream absent, here declared [breaking]"},
		},
		"request body became optional": {
			func(doc object) { delete(get(operation(doc), "requestBody"), "required") },
			[]string{"createJobSecretAlias request body required: upstream false, here true [no effect]"},
		},
		"content type changed": {
			func(doc object) {
				content := get(operation(doc), "requestBody", "content")
				content["text/plain"] = content["application/json"]
				delete(content, "application/json")
			},
			[]string{"createJobSecretAlias request body media type: upstream text/plain, here application/json [breaking]"},
		},
		"content type of the response changed": {
			func(doc object) {
				content := get(operation(doc), "responses", "201", "content")
				content["application/problem+json"] = content["application/json"]
				delete(content, "application/json")
			},
			[]string{"createJobSecretAlias response 201 media type: upstream application/problem+json, here application/json [breaking]"},
		},
		"content type added": {
			func(doc object) {
				content := get(operation(doc), "requestBody", "content")
				content["text/plain"] = content["application/json"]
			},
			[]string{"createJobSecretAlias request body text/plain: upstream declared, here absent [additive]"},
		},
		"status without a body added": {
			func(doc object) { get(operation(doc), "responses")["422"] = object{"description": "No."} },
			[]string{"createJobSecretAlias response 422: upstream declared, here absent [no effect]"},
		},
		"status of success added": {
			func(doc object) { get(operation(doc), "responses")["202"] = object{"description": "Later."} },
			[]string{"createJobSecretAlias response 202: upstream declared, here absent [additive]"},
		},
		"status without a body removed": {
			func(doc object) { delete(get(operation(doc), "responses"), "409") },
			[]string{"createJobSecretAlias response 409: upstream absent, here declared [no effect]"},
		},
		"status of success replaced": {
			func(doc object) {
				responses := get(doc, "paths", "/job/{jobId}/secret/{secretId}", "delete", "responses")
				responses["200"] = responses["204"]
				delete(responses, "204")
			},
			[]string{
				"deleteJobSecret response 204: upstream absent, here declared [breaking]",
				"deleteJobSecret response 200: upstream declared, here absent [additive]",
			},
		},
		"status got a body": {
			func(doc object) {
				get(doc, "components", "responses", "Conflict")["content"] = object{"application/json": object{"schema": object{"type": "object"}}}
			},
			[]string{"createJobSecretAlias response 409 application/json: upstream declared, here absent [additive]"},
		},
		"status lost its body": {
			func(doc object) { delete(get(operation(doc), "responses", "201"), "content") },
			[]string{"createJobSecretAlias response 201 application/json: upstream absent, here declared [breaking]"},
		},
		"status got a header": {
			func(doc object) {
				get(operation(doc), "responses", "201")["headers"] = object{"Location": object{"schema": object{"type": "string"}}}
			},
			[]string{"createJobSecretAlias response 201 headers: upstream otherwise, here as declared [no effect]"},
		},
		"operation removed": {
			func(doc object) { delete(get(doc, "paths"), "/job/{jobId}/secret") },
			[]string{"listJobSecrets: upstream absent, here GET /job/{jobId}/secret [breaking]"},
		},
		"operation emptied": {
			func(doc object) { get(doc, "paths")[aliasPath] = nil },
			[]string{"createJobSecretAlias: upstream absent, here POST " + aliasPath + " [breaking]"},
		},
		"operation moved to another method": {
			func(doc object) {
				item := get(doc, "paths", aliasPath)
				item["put"] = item["post"]
				delete(item, "post")
			},
			[]string{"createJobSecretAlias: upstream PUT " + aliasPath + ", here POST " + aliasPath + " [breaking]"},
		},
		"operation moved to another path": {
			func(doc object) {
				paths := get(doc, "paths")
				paths["/v2"+aliasPath] = paths[aliasPath]
				delete(paths, aliasPath)
			},
			[]string{"createJobSecretAlias: upstream POST /v2" + aliasPath + ", here POST " + aliasPath + " [breaking]"},
		},
		"operationId removed": {
			func(doc object) { delete(operation(doc), "operationId") },
			[]string{"createJobSecretAlias operationId: upstream none, here createJobSecretAlias [breaking]"},
		},
		"undeclared property required in the request": {
			func(doc object) { schema(doc, "SecretAliasRequest")["required"] = []any{"key", "reason"} },
			[]string{"SecretAliasRequest.reason required: upstream true but not declared, here false [breaking]"},
		},
		"undeclared property required in the response": {
			func(doc object) { schema(doc, "SecretList")["required"] = []any{"total"} },
			[]string{"SecretList.total required: upstream true but not declared, here false [no effect]"},
		},
		"undeclared property required inside allOf": {
			func(doc object) {
				request := schema(doc, "SecretAliasRequest")
				schema(doc)["SecretAliasRequest"] = object{"allOf": []any{
					object{"type": "object", "properties": request["properties"], "required": request["required"]},
					object{"type": "object", "required": []any{"reason"}},
				}}
			},
			[]string{"SecretAliasRequest.reason required: upstream true but not declared, here false [breaking]"},
		},
		"enum with null": {
			func(doc object) {
				scope := schema(doc, "VariableScope")
				scope["enum"] = append(scope["enum"].([]any), nil)
			},
			[]string{"VariableScope nullable: upstream true, here false [breaking]"},
		},
		"operationId changed": {
			func(doc object) { operation(doc)["operationId"] = "aliasJobSecret" },
			[]string{"createJobSecretAlias operationId: upstream aliasJobSecret, here createJobSecretAlias [breaking]"},
		},
		"operation deprecated": {
			func(doc object) { operation(doc)["deprecated"] = true },
			[]string{"createJobSecretAlias deprecated: upstream true, here false [no effect]"},
		},
		"security scheme changed": {
			func(doc object) { get(doc, "components", "securitySchemes", "ApiKeyAuth")["name"] = "X-Token" },
			[]string{"security: upstream ApiKeyAuth (apiKey header X-Token) or bearerAuth (http bearer), " +
				"here ApiKeyAuth (apiKey header Authorization) or bearerAuth (http bearer) [breaking]"},
		},
		"security of one operation changed": {
			func(doc object) { operation(doc)["security"] = []any{object{"bearerAuth": []any{}}} },
			[]string{"security: upstream bearerAuth (http bearer), " +
				"here ApiKeyAuth (apiKey header Authorization) or bearerAuth (http bearer) [breaking]"},
		},
		"server changed": {
			func(doc object) { doc["servers"] = []any{object{"url": "https://api.example.com"}} },
			[]string{"server: upstream https://api.example.com, here https://api.qovery.com [breaking]"},
		},
	}
	// Changes that read differently, or are none, when ours is the changed document.
	oneWay := []string{
		"operation removed", "operation emptied", "operation moved to another method", "operation moved to another path",
		"operationId changed", "operationId removed", "undeclared property required inside allOf", "parameter renamed", "status got a header", "array became an object", "alternatives",
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			other := edited(t, test.edit)
			code, stdout, stderr := call("drift", "-base", root, "-exceptions", os.DevNull, other)
			stdout = places.ReplaceAllString(stdout, "]")
			if want := strings.Join(test.want, "\n") + "\n"; code != 1 || stdout != want || stderr != "" {
				t.Errorf("exit %d, want 1\n%swant\n%s%s", code, stdout, want, stderr)
			}
			if slices.Contains(oneWay, name) {
				return
			}
			code, stdout, stderr = call("drift", "-base", other, "-exceptions", os.DevNull, root)
			var want []string
			for _, line := range test.want {
				want = append(want, sides.ReplaceAllString(line, "upstream $2, here $1"))
			}
			got := strings.Split(strings.TrimSpace(sides.ReplaceAllString(stdout, "upstream $1, here $2")), "\n")
			slices.Sort(got)
			slices.Sort(want)
			if code != 1 || !slices.Equal(got, want) {
				t.Errorf("made in our document: exit %d, want 1\n%q\nwant\n%q\n%s", code, got, want, stderr)
			}
		})
	}
}

// What does not shape requests, answers or code is not drift, in either document.
func TestEverythingElseIsNoDrift(t *testing.T) {
	tests := map[string]func(doc object){
		"nothing": func(object) {},
		"words": func(doc object) {
			get(doc, "info")["title"] = "Something else"
			delete(operation(doc), "description")
			operation(doc)["summary"] = "Something else"
			operation(doc)["tags"] = []any{"Other"}
			operation(doc)["externalDocs"] = object{"url": "https://example.com"}
			schema(doc, "Secret")["title"] = "Something else"
			schema(doc, "Secret")["externalDocs"] = object{"url": "https://example.com"}
			schema(doc, "Secret", "properties", "key")["description"] = "Something else"
			schema(doc, "Secret", "properties", "key")["example"] = "KEY"
			schema(doc, "Secret", "properties", "key")["x-order"] = 1
			get(operation(doc), "responses", "201")["description"] = "Something else"
			get(operation(doc), "requestBody", "content", "application/json")["example"] = object{"key": "A"}
			get(doc, "paths", aliasPath)["parameters"].([]any)[0].(object)["description"] = "Something else"
			get(doc, "components", "securitySchemes", "bearerAuth")["description"] = "Something else"
			doc["servers"].([]any)[0].(object)["description"] = "Something else"
			delete(schema(doc, "VariableScope"), "x-enum-varnames")
		},
		"order": func(doc object) {
			slices.Reverse(schema(doc, "VariableScope")["enum"].([]any))
			slices.Reverse(schema(doc, "Secret")["required"].([]any))
			slices.Reverse(doc["security"].([]any))
			slices.Reverse(get(doc, "paths", aliasPath)["parameters"].([]any))
		},
		"references instead of wrappers": func(doc object) {
			for _, name := range []string{"Secret", "SecretReference"} {
				for _, property := range schema(doc, name, "properties") {
					if all, ok := property.(object)["allOf"]; ok {
						clear(property.(object))
						property.(object)["$ref"] = all.([]any)[0].(object)["$ref"]
					}
				}
			}
		},
		"composition instead of one schema": func(doc object) {
			secret := schema(doc, "Secret")
			common := object{}
			for _, name := range []string{"id", "created_at", "updated_at"} {
				common[name] = schema(doc, "Secret", "properties", name)
				delete(schema(doc, "Secret", "properties"), name)
			}
			schema(doc)["Common"] = object{"type": "object", "required": []any{"id", "created_at"}, "properties": common}
			schema(doc)["Secret"] = object{"allOf": []any{
				object{"$ref": "#/components/schemas/Common"},
				object{"type": "object", "required": []any{"key", "scope"}, "properties": secret["properties"]},
			}}
		},
		"defaults of parameters": func(doc object) {
			parameter := get(doc, "paths", aliasPath)["parameters"].([]any)[0].(object)
			parameter["style"], parameter["explode"] = "simple", false
		},
		"all further properties": func(doc object) {
			schema(doc, "Secret")["additionalProperties"] = true
			schema(doc, "SecretReference")["additionalProperties"] = object{}
			schema(doc, "SecretList")["additionalProperties"] = object{"description": "Whatever it is."}
		},
		"media type in capitals": func(doc object) {
			for _, content := range []object{get(operation(doc), "requestBody", "content"), get(operation(doc), "responses", "201", "content")} {
				content["Application/JSON"] = content["application/json"]
				delete(content, "application/json")
			}
		},
		"one alternative": func(doc object) {
			properties := schema(doc, "Secret", "properties")
			properties["scope"] = object{"oneOf": get(properties, "scope")["allOf"]}
			properties["variable_type"] = object{"anyOf": get(properties, "variable_type")["allOf"]}
			properties["service_type"] = object{"oneOf": append(get(properties, "service_type")["allOf"].([]any), object{"enum": []any{nil}})}
		},
		"null as in OpenAPI 3.1": func(doc object) {
			doc["openapi"] = "3.1.0"
			for _, of := range []object{
				schema(doc, "SecretAliasRequest", "properties", "description"),
				schema(doc, "Secret", "properties", "service_id"),
				schema(doc, "ServiceType"),
			} {
				of["type"] = []any{of["type"], "null"}
				delete(of, "nullable")
			}
			delete(schema(doc, "SecretReference"), "nullable")
			for _, name := range []string{"aliased_secret", "overridden_secret"} {
				property := schema(doc, "Secret", "properties", name)
				property["anyOf"] = append(property["allOf"].([]any), object{"type": "null"})
				delete(property, "allOf")
			}
		},
		"null without an enum value": func(doc object) {
			service := schema(doc, "ServiceType")
			service["enum"] = slices.DeleteFunc(service["enum"].([]any), func(v any) bool { return v == nil })
		},
		"schemas in place": func(doc object) {
			get(operation(doc), "requestBody", "content", "application/json")["schema"] = schema(doc, "SecretAliasRequest")
			schema(doc, "Secret", "properties")["scope"] = schema(doc, "VariableScope")
		},
		"parameters and security at the operation": func(doc object) {
			item := get(doc, "paths", aliasPath)
			operation(doc)["parameters"] = item["parameters"]
			delete(item, "parameters")
			operation(doc)["security"] = doc["security"]
			for _, item := range get(doc, "paths") {
				item.(object)["servers"] = doc["servers"]
			}
			delete(item, "servers")
			operation(doc)["servers"] = doc["servers"]
			delete(doc, "servers")
		},
		"more of everything": func(doc object) {
			get(doc, "paths")["/planet"] = object{"get": object{"operationId": "listPlanets", "responses": object{"200": object{"description": "Planets."}}}}
			contradiction := object{"allOf": []any{object{"type": "string"}, object{"type": "object"}}}
			get(doc, "paths", aliasPath)["get"] = object{"operationId": "getAlias", "responses": object{"200": object{
				"description": "One.", "content": object{"application/json": object{"schema": contradiction}},
			}}}
			schema(doc)["Planet"] = contradiction
			get(doc, "components", "securitySchemes")["basic"] = object{"type": "http", "scheme": "basic"}
		},
	}
	for name, edit := range tests {
		t.Run(name, func(t *testing.T) {
			other := edited(t, edit)
			if name != "more of everything" {
				if code, stdout, stderr := call("drift", "-base", other, "-exceptions", os.DevNull, root); code != 0 || stdout != "no drift\n" {
					t.Errorf("as ours: exit %d\n%s%s", code, stdout, stderr)
				}
			}
			if code, stdout, stderr := call("drift", "-base", root, "-exceptions", os.DevNull, other); code != 0 || stdout != "no drift\n" {
				t.Errorf("as upstream: exit %d\n%s%s", code, stdout, stderr)
			}
		})
	}
	t.Run("schema names", func(t *testing.T) {
		data, err := os.ReadFile(root)
		if err != nil {
			t.Fatal(err)
		}
		renamed := strings.NewReplacer("VariableScope", "ScopeEnum", "SecretReference", "Target", "SecretList", "Page").Replace(string(data))
		if code, stdout, _ := call("drift", "-base", root, "-exceptions", os.DevNull, file(t, "renamed.yaml", renamed)); code != 0 {
			t.Errorf("exit %d\n%s", code, stdout)
		}
	})
}

// Exceptions cover an upstream that lacks what they name, and are all stale where it
// lacks nothing.
func TestExceptions(t *testing.T) {
	const exceptions = "testdata/exceptions.txt"
	upstream := edited(t, func(doc object) {
		delete(get(operation(doc), "requestBody"), "required")
		delete(get(operation(doc), "responses"), "409")
		delete(schema(doc, "SecretReference"), "nullable")
		delete(schema(doc, "SecretReference", "properties", "mount_path"), "nullable")
		delete(schema(doc, "Secret", "properties", "service_id"), "nullable")
		delete(schema(doc, "Secret", "properties", "service_name"), "nullable")
		delete(schema(doc, "ServiceType"), "nullable")
		schema(doc, "ServiceType")["enum"] = slices.DeleteFunc(schema(doc, "ServiceType")["enum"].([]any), func(v any) bool { return v == nil })
	})
	if code, stdout, _ := call("drift", "-base", root, "-exceptions", exceptions, upstream); code != 0 || stdout != "no drift\n" {
		t.Errorf("exit %d\n%s", code, stdout)
	}

	list, err := os.ReadFile(exceptions)
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for i, line := range strings.Split(string(list), "\n") {
		if line != "" && line[0] != '#' {
			fmt.Fprintf(&want, exceptions+":%d: is no difference any more, remove it: %s\n", i+1, line)
		}
	}
	if code, stdout, _ := call("drift", "-base", root, "-exceptions", exceptions, root); code != 1 || stdout != want.String() {
		t.Errorf("exit %d\n%swant\n%s", code, stdout, want.String())
	}
}

// A missing operation is one line: the exceptions inside it are not stale.
func TestExceptionsOfAMissingOperation(t *testing.T) {
	upstream := edited(t, func(doc object) { delete(get(doc, "paths"), aliasPath) })
	want := "createJobSecretAlias: upstream absent, here POST " + aliasPath + " [breaking]\n"
	if code, stdout, _ := call("drift", "-base", root, "-exceptions", "testdata/exceptions.txt", upstream); code != 1 || stdout != want {
		t.Errorf("exit %d\n%swant\n%s", code, stdout, want)
	}
}

// Two small documents that say the same in different ways, and one of them changed.
func TestFixture(t *testing.T) {
	drift := func(base, upstream string) (int, string) {
		code, stdout, stderr := call("drift", "-base", base, "-exceptions", os.DevNull, upstream)
		return code, stdout + stderr
	}
	const ours, same, changed = "testdata/ours.yaml", "testdata/upstream.yaml", "testdata/upstream-changed.yaml"
	for _, pair := range [][2]string{{ours, ours}, {ours, same}} {
		if code, out := drift(pair[0], pair[1]); code != 0 || out != "no drift\n" {
			t.Errorf("%v: exit %d\n%s", pair, code, out)
		}
	}
	const want = `Moon.craters: upstream absent, here integer [breaking; Moon.twin, getMoon response 200]
Moon.atmosphere: upstream string nullable, here absent [additive; Moon.twin, getMoon response 200]
Phase value BLUE: upstream declared, here absent [additive; Moon.phase, Moon.seen[]]
`
	if code, out := drift(ours, changed); code != 1 || out != want {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestBoundsAndTheirEffect(t *testing.T) {
	const length = uint64(10)
	for _, test := range []struct {
		keyword  string
		from, to any // here and upstream
		want     effect
	}{
		{"maxLength", length, length + 1, additive},
		{"maxLength", length, length - 1, breaking},
		{"maxLength", length, nil, additive},
		{"maxLength", nil, length, breaking},
		{"minLength", length, length + 1, breaking},
		{"minLength", length, length - 1, additive},
		{"min", 1.5, 0.5, additive},
		{"min", 1.5, nil, additive},
		{"min", nil, -1.5, breaking},
		{"max", -1.5, 0.5, additive},
		{"max", 0.5, -1.5, breaking},
		{"pattern", "^a$", "", breaking},
		{"uniqueItems", false, true, breaking},
	} {
		if got := keywordEffect(place{request: true}, test.keyword, test.from, test.to); got != test.want {
			t.Errorf("%s from %v to %v in a request: %s, want %s", test.keyword, test.from, test.to, got, test.want)
		}
		if got := keywordEffect(place{}, test.keyword, test.from, test.to); got != none {
			t.Errorf("%s from %v to %v in an answer: %s, want %s", test.keyword, test.from, test.to, got, none)
		}
	}
}

func TestUnreadableInput(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/openapi.yaml":
			http.ServeFile(w, r, root)
		case "/endless":
			for range maxSize>>20 + 1 {
				w.Write(make([]byte, 1<<20))
			}
		case "/page":
			w.Write([]byte("<!DOCTYPE html><title>Sign in</title>"))
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	closed := httptest.NewServer(nil)
	closed.Close()

	if code, stdout, stderr := call("drift", "-base", root, "-exceptions", os.DevNull, server.URL+"/openapi.yaml"); code != 0 {
		t.Errorf("a URL: exit %d\n%s%s", code, stdout, stderr)
	}
	tests := map[string]struct{ upstream, want string }{
		"missing file":    {filepath.Join(t.TempDir(), "nowhere.yaml"), "no such file"},
		"directory":       {t.TempDir(), "is a directory"},
		"empty file":      {file(t, "empty.yaml", " \n"), "is empty"},
		"web page":        {file(t, "page.html", "<html>"), "is a web page"},
		"served web page": {server.URL + "/page", "is a web page"},
		"not found":       {server.URL + "/other", "responds with 404"},
		"endless":         {server.URL + "/endless", "larger than any"},
		"nobody listens":  {closed.URL, "check address and network"},
		"no YAML":         {file(t, "broken.yaml", "openapi: [3.0.3\n"), "cannot be read as OpenAPI"},
		"scalar":          {file(t, "scalar.yaml", "hello\n"), "cannot be read as OpenAPI"},
		"other YAML":      {file(t, "other.yaml", "name: value\n"), "is no OpenAPI 3 document"},
		"Swagger 2":       {file(t, "swagger.yaml", "swagger: '2.0'\npaths: {/a: {}}\n"), "is no OpenAPI 3 document"},
		"no paths":        {file(t, "paths.yaml", "openapi: 3.0.3\npaths: {}\n"), "is no OpenAPI 3 document"},
		"dangling ref":    {edited(t, func(doc object) { delete(schema(doc), "VariableScope") }), "cannot be read as OpenAPI"},
		"other file":      {edited(t, func(doc object) { schema(doc)["Secret"] = object{"$ref": "other.yaml#/Secret"} }), "disallowed external reference"},
		"empty property":  {edited(t, func(doc object) { schema(doc, "Secret", "properties")["key"] = nil }), ""},
		"empty new":       {edited(t, func(doc object) { schema(doc, "Secret", "properties")["new"] = nil }), ""},
		"empty schema":    {edited(t, func(doc object) { schema(doc)["VariableType"] = nil }), "look for empty entries"},
		"empty server":    {edited(t, func(doc object) { doc["servers"] = []any{nil} }), "look for empty entries"},
		"contradiction": {edited(t, func(doc object) {
			schema(doc)["Secret"] = object{"allOf": []any{object{"type": "string"}, object{"type": "object"}}}
		}), "Type conflict"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := call("drift", "-base", root, "-exceptions", os.DevNull, test.upstream)
			if code != 2 || stdout != "" || !strings.Contains(stderr, test.want) {
				t.Errorf("exit %d, want 2 and %q\n%s%s", code, test.want, stdout, stderr)
			}
			t.Log(stderr)
		})
	}
	for _, args := range [][]string{
		{},
		{"other"},
		{"drift"},
		{"drift", root, root},
		{"drift", "-unknown", root},
		{"drift", "-base", "nowhere.yaml", root},
		{"drift", "-base", root, "-exceptions", "nowhere.txt", root},
		{"check", root, root},
		{"check", "nowhere.yaml"},
	} {
		if code, stdout, stderr := call(args...); code != 2 || stdout != "" || stderr == "" {
			t.Errorf("%q: exit %d, want 2\n%s%s", args, code, stdout, stderr)
		}
	}
}
