package api_test

// The Go of the README compiles and runs: each of its blocks is part of a test file.

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func TestQuickStart(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	srv.AddSecret(job, "QOVERY_POSTGRESQL_Z1234_PASSWORD", api.VariableScopeBuiltIn)
	t.Setenv("QOVERY_API_TOKEN", srv.Token())
	for range 2 {
		if err := quickStart(t.Context(), job, api.WithBaseURL(srv.URL())); err != nil {
			t.Fatal(err)
		}
	}
	if secrets := srv.Secrets(job); len(secrets) != 2 || secrets[1].Key != "DB_PASSWORD" {
		t.Errorf("%+v", secrets)
	}
}

func TestREADMEBlocks(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.WriteString(squeezed(string(text)))
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) < 3 {
		t.Errorf("only %d blocks", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(code.String(), squeezed(block[1])) {
			t.Errorf("no test has this block:\n%s", block[1])
		}
	}
}

// squeezed leaves out what a README does not show: indentation, and the options that
// point a client at the fake.
func squeezed(code string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(code, ", opts...)", ")")) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}
