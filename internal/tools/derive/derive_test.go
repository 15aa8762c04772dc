package main

import (
	"os"
	"strings"
	"testing"
)

// change is a text of upstream.yaml, and what Qovery makes of it.
type change struct{ from, to string }

// changed returns upstream.yaml with changes.
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

func TestCommitted(t *testing.T) {
	want, err := os.ReadFile("../../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := document(t, changed(t))
	if err != nil || got != string(want) {
		t.Errorf("run make generate; %v", err)
	}
	if !strings.Contains(got, "        description:\n          type: string\n") {
		t.Error("the properties that are called description are gone")
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
	const text = "type: string\n          maxLength: 255\n          nullable: true"
	for name, changes := range map[string][]change{
		"sentences": {
			{"paths:\n", "info: {title: a sentence, version: '1'}\ntags: [{name: Job Secret}]\nx-b: a sentence\npaths:\n"},
			{"    get:\n", "    get:\n      summary: a sentence # and another\n" +
				"      externalDocs: {url: 'https://a.example'}\n"},
			{"\n        key:\n", "\n        key:\n" + note},
			{"    Key:\n", "    Key:\n      title: a sentence\n"},
		},
		"other operations": {
			{"paths:\n", "paths:\n  /job:\n    get:\n      operationId: listJobs\n      responses:\n        '200':\n" +
				"          content: {application/json: {schema: {$ref: '#/components/schemas/Job'}}}\n"},
			{"  schemas:\n", "  schemas:\n    Job:\n      type: object\n"},
		},
		"OpenAPI 3.1": {
			{"openapi: 3.0.3", "openapi: 3.1.1"},
			{text, "maxLength: 255\n          type: [string, 'null']"},
		},
		"names of schemas": {
			{"APIVariableScopeEnum", "ScopeEnum"}, {"schemas/Key", "schemas/Alias"}, {"    Key:", "    Alias:"},
		},
		"a schema in an allOf": {{"            " + enum, "            allOf:\n              - " + enum}},
	} {
		if got, err := document(t, changed(t, changes...)); err != nil || got != want {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

// What is new needs no hand.
func TestFollows(t *testing.T) {
	const service = "$ref: '#/components/schemas/LinkedServiceTypeEnum'"
	for _, test := range []struct {
		change
		want string
	}{
		{change{"        - AGENTIC_WORKFLOW\n", "        - AGENTIC_WORKFLOW\n        - NEW_THING-2\n"},
			"Workflow, NewThing2]\n"},
		{change{"            owned_by:\n", "            rotated_at: {type: string}\n            owned_by:\n"},
			"            rotated_at:\n              type: string\n"},
		{change{"        \"400\":\n", "        \"422\": {description: a sentence}\n        \"400\":\n"},
			"        \"422\":\n          description: Status 422\n"},
		{change{"maxLength: 255", "maxLength: 400"}, "maxLength: 400\n"},
		{change{service, "anyOf: [{" + service + "}, {type: 'null'}]"},
			"              nullable: true\n              allOf:\n                - $ref: '#/components/schemas/ServiceType'\n"},
	} {
		if got, err := document(t, changed(t, test.change)); err != nil || !strings.Contains(got, test.want) {
			t.Errorf("%q is missing, %v:\n%s", test.want, err, got)
		}
	}
}

// What the client counts on stops by its name.
func TestTakesAPerson(t *testing.T) {
	const created = "$ref: '#/components/schemas/Secret'\n          description: Status 201\n"
	for _, test := range []struct {
		change
		want string
	}{
		{change{"/alias:", "/aliases:"}, "createJobSecretAlias, POST /job/{jobId}/secret/{secretId}/alias"},
		{change{"operationId: deleteJobSecret", "operationId: dropSecret"}, "deleteJobSecret, DELETE /job/"},
		{change{"owned_by:", "owner:"}, "Secret..properties.owned_by"},
		{change{"        key:\n", "        name:\n"}, "SecretAliasRequest.properties.key"},
		{change{"    SecretAlias:\n", "    SecretAlias:\n      minProperties: 1\n"},
			"SecretAlias (-) and SecretOverride (+)"},
		{change{"name: Authorization", "name: X-Api-Key"}, "'Authorization'"},
		{change{"scheme: bearer", "scheme: basic"}, "'bearer'"},
		{change{"  - ApiKeyAuth: []\n", ""}, "'Authorization'"},
		{change{"https://api.qovery.com", "https://api.example.com"}, "'https://api.qovery.com'"},
		{change{"service_name:\n", "service_name:\n              nullable: true\n"},
			"service_name: does nothing"},
		{change{"\"201\":", "\"200\":"}, "responses['201']"},
		{change{created, "properties: {data: {" + strings.Replace(created, "\n", "}}\n", 1)},
			"no longer refers to a schema"},
		{change{created, strings.Replace(created, "/Secret'", "/SecretAlias'", 1)},
			"upstream has another schema of our name"},
	} {
		_, err := document(t, changed(t, test.change))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v", test.want, err)
		}
	}
}

// What cannot be Qovery's document is not read.
func TestUnreadable(t *testing.T) {
	whole := changed(t)
	for name, text := range map[string]string{
		"empty":     "",
		"a page":    "<html><title>503</title></html>",
		"a list":    "- a\n",
		"another":   "openapi: 3.0.3\npaths:\n  /pets:\n    get: {operationId: listPets, responses: {}}\n",
		"cut off":   whole[:strings.Index(whole, "    SecretResponseList:")],
		"elsewhere": strings.ReplaceAll(whole, "'#/components/schemas/Key'", "'keys.yaml#/Key'"),
	} {
		if trimmed, err := trim([]byte(text), map[string]string{"createJobSecretAlias": "POST /alias"}); err == nil {
			t.Errorf("%s: %s", name, trimmed)
		}
	}
}
