package main

import (
	"os"
	"strings"
	"testing"
)

// change is a text of a document and what Qovery makes of it.
type change struct{ from, to string }

// changed returns upstream.yaml with changes. Each has to be one.
func changed(t *testing.T, changes ...change) string {
	t.Helper()
	data, err := os.ReadFile("upstream.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, c := range changes {
		if !strings.Contains(text, c.from) {
			t.Fatalf("upstream.yaml does not contain %q", c.from)
		}
		text = strings.ReplaceAll(text, c.from, c.to)
	}
	return text
}

// document returns what a document of Qovery's becomes.
func document(t *testing.T, upstream string) (string, error) {
	t.Helper()
	r, err := loadRules("overlay.yaml")
	if err != nil {
		t.Fatal(err)
	}
	trimmed, err := trim([]byte(upstream), r.Operations)
	if err != nil {
		t.Fatal(err)
	}
	derived, err := derive(trimmed, r)
	return string(derived), err
}

// The committed openapi.yaml is the one that the committed copy gives.
func TestCommitted(t *testing.T) {
	want, err := os.ReadFile("../../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := document(t, changed(t)); err != nil || got != string(want) {
		t.Errorf("run make generate; %v", err)
	}
}

// What changes nothing for a client changes nothing here.
func TestSame(t *testing.T) {
	want, err := document(t, changed(t))
	if err != nil {
		t.Fatal(err)
	}
	const note = "          description: a sentence\n          example: a sentence\n          x-c: {id: a sentence}\n"
	const enum = "$ref: '#/components/schemas/APIVariableScopeEnum'\n"
	for name, changes := range map[string][]change{
		"sentences": {
			{"paths:\n", "info: {title: a sentence, version: '1', x-a: a sentence}\ntags: [{name: Job Secret}]\nx-b: 1\npaths:\n"},
			{"    get:\n", "    get:\n      summary: a sentence # and another\n      externalDocs: {url: 'https://example.com'}\n"},
			{"\n        key:\n", "\n        key:\n" + note},
			{"    Key:\n", "    Key:\n      title: a sentence\n"},
		},
		"other operations": {{"paths:\n", "paths:\n  /job:\n    get:\n      operationId: listJobs\n      responses:\n" +
			"        '200': {description: a sentence, content: {application/json: {schema: {$ref: '#/components/schemas/Job'}}}}\n"},
			{"  schemas:\n", "  schemas:\n    Job:\n      type: object\n"}},
		"OpenAPI 3.1": {{"openapi: 3.0.3", "openapi: 3.1.1"},
			{"type: string\n          maxLength: 255\n          nullable: true", "maxLength: 255\n          type: [string, 'null']"}},
		"names of schemas":     {{"APIVariableScopeEnum", "ScopeEnum"}, {"schemas/Key", "schemas/Alias"}, {"    Key:", "    Alias:"}},
		"a schema in an allOf": {{"            " + enum, "            allOf:\n              - " + enum}},
	} {
		if got, err := document(t, changed(t, changes...)); err != nil || got != want {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	if strings.Contains(want, "a sentence") || !strings.Contains(want, "        description:\n          type: string\n") {
		t.Error("sentences are left, or the properties that are called description are gone")
	}
}

// What is new needs no hand.
func TestFollows(t *testing.T) {
	for want, c := range map[string]change{
		"AgenticWorkflow, NewThing2]\n":                                       {"        - AGENTIC_WORKFLOW\n", "        - AGENTIC_WORKFLOW\n        - NEW_THING-2\n"},
		"rotated_at:\n              type: string\n":                           {"            owned_by:\n", "            rotated_at: {type: string}\n            owned_by:\n"},
		"\"422\":\n          description: Status 422":                         {"        \"400\":\n", "        \"422\": {description: a sentence}\n        \"400\":\n"},
		"maxLength: 400\n":                                                    {"maxLength: 255", "maxLength: 400"},
		"secret belongs.\n              nullable: true\n              allOf:": {"$ref: '#/components/schemas/LinkedServiceTypeEnum'", "anyOf: [{$ref: '#/components/schemas/LinkedServiceTypeEnum'}, {type: 'null'}]"},
	} {
		if got, err := document(t, changed(t, c)); err != nil || !strings.Contains(got, want) {
			t.Errorf("%q is missing, %v:\n%s", want, err, got)
		}
	}
}

// What the client counts on cannot go unnoticed.
func TestTakesAPerson(t *testing.T) {
	for want, c := range map[string]change{
		"/job/{jobId}/secret/{secretId}/alias":   {"/alias:", "/aliases:"},
		"deleteJobSecret, DELETE /job":           {"operationId: deleteJobSecret", "operationId: dropJobSecret"},
		"Secret..properties.owned_by":            {"owned_by:", "owner:"},
		"SecretAliasRequest.properties.key":      {"        key:\n          type: string\n        description", "        name:\n          type: string\n        description"},
		"SecretAlias (-) and SecretOverride (+)": {"    SecretAlias:\n      type: object\n", "    SecretAlias:\n      type: object\n      minProperties: 1\n"},
		"Authorization":                          {"name: Authorization", "name: X-Api-Key"},
		"bearer":                                 {"scheme: bearer", "scheme: basic"},
		"securitySchemes":                        {"  - ApiKeyAuth: []\n", ""},
		"api.qovery.com":                         {"https://api.qovery.com", "https://api.example.com"},
		"does nothing":                           {"service_name:\n", "service_name:\n              nullable: true\n"},
		"responses['201'].content['application/json'].schema is no longer there": {"\"201\":", "\"200\":"},
		"no longer refers to a schema":                                           {"$ref: '#/components/schemas/Secret'\n          desc", "properties: {data: {$ref: '#/components/schemas/Secret'}}\n          desc"},
	} {
		if _, err := document(t, changed(t, c)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// What cannot be Qovery's document is not read.
func TestUnreadable(t *testing.T) {
	whole := changed(t)
	for name, text := range map[string]string{
		"empty":   "",
		"a page":  "<html><title>503</title></html>",
		"a list":  "- a\n",
		"another": "openapi: 3.0.3\npaths:\n  /pets:\n    get: {operationId: listPets, responses: {}}\n",
		"cut off": whole[:strings.Index(whole, "    SecretResponseList:")],
	} {
		if text, err := trim([]byte(text), map[string]string{"listJobSecrets": "GET /job/{jobId}/secret"}); err == nil {
			t.Errorf("%s: %s", name, text)
		}
	}
}
