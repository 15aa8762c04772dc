package chain

import (
	"net/http"
	"strings"
)

// Operation is what the chain has to know about an operation of the spec.
type Operation struct {
	ID      string // operationId
	Method  string
	Path    string // as in the spec, with {placeholders}
	Success int    // the one documented status of success; 0: any 2xx
	Limit   int64  // the longest answer that is read, in bytes
}

// Succeeded reports whether status is the documented success.
func (op *Operation) Succeeded(status int) bool {
	return status == op.Success || op.Success == 0 && status/100 == 2
}

// Operation finds that of a request which the generated client has made.
func (c *Chain) Operation(req *http.Request, known []*Operation) *Operation {
	path := strings.TrimPrefix(req.URL.Path, strings.TrimSuffix(c.Base.Path, "/"))
	for _, op := range known {
		if op.matches(req.Method, path) {
			return op
		}
	}
	return &Operation{ID: "request", Method: req.Method, Limit: 1 << 20}
}

// matches reports whether a request with this method and path is one of op.
func (op *Operation) matches(method, path string) bool {
	if op.Method != method {
		return false
	}
	for pattern := op.Path; ; {
		literal, rest, placeholder := strings.Cut(pattern, "{")
		tail, found := strings.CutPrefix(path, literal)
		if !found || !placeholder {
			return found && tail == ""
		}
		_, pattern, _ = strings.Cut(rest, "}")
		end := strings.IndexByte(tail, '/')
		if end < 0 {
			end = len(tail)
		}
		path = tail[end:]
	}
}

// Idempotent reports whether sending the operation twice does no more than sending
// it once.
func (op *Operation) Idempotent() bool {
	return op.Method == http.MethodGet || op.Method == http.MethodDelete
}
