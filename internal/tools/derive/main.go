// Command derive makes openapi.yaml from Qovery's document.
//
//	derive -trim UPSTREAM
//
// prints what is taken from UPSTREAM, a file or an http(s) URL: the operations that
// overlay.yaml lists and what they refer to, without a sentence of it. That is what
// upstream.yaml beside overlay.yaml contains.
//
//	derive
//
// applies overlay.yaml to upstream.yaml and writes openapi.yaml.
//
// The exit code is 0 when all is well, 1 when something takes a person, and 2 when
// something cannot be read or written. Unless it is 0, nothing is written.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/speakeasy-api/openapi/openapi"
)

func main() {
	root := flag.String("root", ".", "the `directory` of the repository")
	upstream := flag.String("trim", "", "print what is taken from this `file or URL`, and stop")
	flag.Parse()
	if flag.NArg() > 0 {
		fail(2, fmt.Errorf("unexpected arguments %q", flag.Args()))
	}
	dir := filepath.Join(*root, "internal", "tools", "derive")
	r, err := loadRules(filepath.Join(dir, "overlay.yaml"))
	if err != nil {
		fail(2, err)
	}
	ctx := context.Background()
	if *upstream != "" {
		text, err := readTrimmed(ctx, *upstream, r)
		if err != nil {
			fail(2, fmt.Errorf("%s: %w", *upstream, err))
		}
		os.Stdout.Write(text)
		return
	}
	trimmed, err := os.ReadFile(filepath.Join(dir, "upstream.yaml"))
	if err != nil {
		fail(2, err)
	}
	text, err := derive(ctx, trimmed, r)
	if err != nil {
		fail(1, err)
	}
	if err := os.WriteFile(filepath.Join(*root, "openapi.yaml"), text, 0o666); err != nil {
		fail(2, err)
	}
}

func fail(code int, err error) {
	fmt.Fprintln(os.Stderr, "derive:", err)
	os.Exit(code)
}

// readTrimmed returns the trimmed text of a file or an http(s) URL.
func readTrimmed(ctx context.Context, name string, r *rules) ([]byte, error) {
	text, err := read(ctx, name)
	if err != nil {
		return nil, err
	}
	doc, err := trim(ctx, text, r.Operations)
	if err != nil {
		return nil, err
	}
	return encode(doc, "# Taken from Qovery's document by internal/tools/derive. DO NOT EDIT.")
}

func read(ctx context.Context, name string) ([]byte, error) {
	if !strings.HasPrefix(name, "https://") && !strings.HasPrefix(name, "http://") {
		return os.ReadFile(name)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, name, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %s", resp.Status)
	}
	return io.ReadAll(resp.Body)
}

// derive returns openapi.yaml, made from a trimmed document.
func derive(ctx context.Context, trimmed []byte, r *rules) ([]byte, error) {
	doc, err := parse(trimmed)
	if err != nil {
		return nil, err
	}
	if err := apply(doc, r); err != nil {
		return nil, err
	}
	text, err := encode(doc, "# Derived from Qovery's document by internal/tools/derive. DO NOT EDIT: edit overlay.yaml there.")
	if err != nil {
		return nil, err
	}
	_, invalid, err := openapi.Unmarshal(ctx, bytes.NewReader(text))
	return text, errors.Join(append(invalid, err)...)
}
