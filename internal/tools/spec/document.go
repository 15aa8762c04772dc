package main

// What is asked of a document in several places.

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// documentOperation is an operation and where it stands.
type documentOperation struct {
	*openapi3.Operation
	method, path string
}

// operations returns those of doc, ordered by path and method.
func operations(doc *openapi3.T) []documentOperation {
	var all []documentOperation
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		byMethod := doc.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(byMethod)) {
			all = append(all, documentOperation{byMethod[method], method, path})
		}
	}
	return all
}

// success returns the one status of success that op documents.
func success(op *openapi3.Operation) (int, error) {
	var found []string
	for status := range op.Responses.Map() {
		if strings.HasPrefix(status, "2") {
			found = append(found, status)
		}
	}
	if len(found) != 1 {
		return 0, fmt.Errorf("declares %d statuses of success, has to declare one", len(found))
	}
	status, err := strconv.Atoi(found[0])
	if err != nil {
		return 0, fmt.Errorf("declares the status of success %s, has to declare one by number", found[0])
	}
	return status, nil
}

// camel returns the name that the generator gives to a property: mount_path is
// MountPath, service_id is ServiceID.
func camel(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9') })
	for i, word := range words {
		if upper := strings.ToUpper(word); slices.Contains(initialisms, upper) {
			words[i] = upper
		} else {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}

// Words that Go names write in capitals, as the generator does.
var initialisms = []string{
	"ACL", "API", "ASCII", "CPU", "CSS", "DB", "DNS", "EOF", "GUID", "HTML", "HTTP", "HTTPS", "ID", "IP", "JSON",
	"QPS", "RAM", "RPC", "SLA", "SMTP", "SQL", "SSH", "TCP", "TLS", "TTL", "UDP", "UI", "GID", "UID", "UUID", "URI",
	"URL", "UTF8", "VM", "XML", "XMPP", "XSRF", "XSS", "SIP", "RTP", "AMQP", "TS",
}
