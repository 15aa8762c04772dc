package api

import "net/http"

// operation is an operation of the spec.
type operation struct {
	id      string // operationId
	method  string
	path    string // with * for each placeholder
	success int    // the documented status of success; 0: any 2xx
}

var (
	listJobSecrets       = &operation{"listJobSecrets", http.MethodGet, "/job/*/secret", http.StatusOK}
	deleteJobSecret      = &operation{"deleteJobSecret", http.MethodDelete, "/job/*/secret/*", http.StatusNoContent}
	createJobSecretAlias = &operation{"createJobSecretAlias", http.MethodPost, "/job/*/secret/*/alias", http.StatusCreated}
)

// operations are all of them.
var operations = []*operation{listJobSecrets, deleteJobSecret, createJobSecretAlias}

// readOnly reports whether the operation can be repeated whatever became of it. All
// others may have taken effect when no response comes.
func (op *operation) readOnly() bool { return op.method == http.MethodGet }

func (op *operation) succeeded(status int) bool {
	return status == op.success || op.success == 0 && status/100 == 2
}

// The most that is read of a response, in bytes after decompression.
const (
	maxResponse = 1 << 20
	maxList     = 16 << 20
)

func (op *operation) maxResponse() int64 {
	if op.readOnly() {
		return maxList
	}
	return maxResponse
}
