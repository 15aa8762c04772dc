package main

// Getting hold of a document, and saying in words of use why that failed.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// A document larger than this is no OpenAPI document.
const maxSize = 64 << 20

// load reads the OpenAPI 3 document at source, a file or an http(s) URL, and
// resolves the references in it. References to other files are refused.
func load(source string) (*openapi3.T, error) {
	data, err := read(source)
	if err != nil {
		return nil, err
	}
	return loadData(source, data)
}

// loadData is load for what was read from source.
func loadData(source string, data []byte) (*openapi3.T, error) {
	switch start := bytes.TrimSpace(data); {
	case len(start) == 0:
		return nil, fmt.Errorf("%s is empty; was it downloaded to the end?", source)
	case start[0] == '<':
		return nil, fmt.Errorf("%s is a web page or XML; give the address of the document itself, as raw YAML or JSON", source)
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read as OpenAPI: %w; correct it, or give another document", source, err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.") || doc.Paths.Len() == 0 {
		return nil, fmt.Errorf("%s is no OpenAPI 3 document, it lacks `openapi: 3.…` or `paths`; give another one", source)
	}
	return doc, nil
}

func read(source string) ([]byte, error) {
	if !strings.HasPrefix(source, "http://") && !strings.HasPrefix(source, "https://") {
		data, err := os.ReadFile(source)
		if err != nil {
			return nil, fmt.Errorf("%w; give an existing file or an http(s) URL", err)
		}
		return data, nil
	}
	client := http.Client{Timeout: time.Minute}
	resp, err := client.Get(source)
	if err != nil {
		return nil, fmt.Errorf("%w; check address and network, or download the document and give the file", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s responds with %s; check the address", source, resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = errors.New("it is larger than any OpenAPI document")
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w; try again, or download the document and give the file", source, err)
	}
	return data, nil
}
