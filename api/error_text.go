package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
)

// How much of a response an Error repeats.
const (
	maxLine      = 2048    // characters of Error in front of the status
	maxDetail    = 512     // characters
	maxRequestID = 128     // characters
	maxBody      = 4 << 10 // bytes
)

// Error is one line: the operation, what went wrong, the server's words, and at the end the status and
// the request id.
func (e *Error) Error() string {
	what, words := e.Err, e.Detail
	if what == nil {
		what, words = e.sentinel(), cmp.Or(words, http.StatusText(e.StatusCode))
	}
	line := e.Operation
	for _, part := range []any{what, words} {
		if part != nil && part != "" {
			line = strings.TrimPrefix(fmt.Sprintf("%s: %v", line, part), ": ")
		}
	}
	line = safetext.Line(line, maxLine)
	if e.StatusCode == 0 {
		return line
	}
	if id := safetext.Line(e.RequestID, maxRequestID); id != "" {
		return fmt.Sprintf("%s (status %d, request id %s)", line, e.StatusCode, id)
	}
	return fmt.Sprintf("%s (status %d)", line, e.StatusCode)
}

// describe fills in what the response says. A text that contains a part of the token is withheld.
func (x *exchange) describe(e *Error) {
	head := string(x.body[:min(len(x.body), 64<<10)])
	words := cmp.Or(detail(head), strings.Join(x.response.Header.Values("Www-Authenticate"), "; "))
	e.StatusCode = x.response.StatusCode
	e.RetryAfter = retryAfter(x.response.Header)
	e.RequestID = x.requestID()
	e.Detail = x.show(words, maxDetail)
	e.Body = []byte(safetext.Withhold(head[:min(len(head), maxBody)], x.token))
}

// requestID is the id by which the server knows the request.
func (x *exchange) requestID() string {
	header := x.response.Header
	return x.show(cmp.Or(header.Get("X-Request-Id"), header.Get("X-Correlation-Id")), maxRequestID)
}

// show returns text as one line of at most limit characters, or a placeholder if text contains a part of
// the token. It is a copy, since a part of text would keep all of it.
func (x *exchange) show(text string, limit int) string {
	return strings.Clone(safetext.Line(safetext.Withhold(safetext.Line(text, 16*limit), x.token), limit))
}

var htmlTitle = regexp.MustCompile(`(?is)^\s*<.*<title[^>]*>([^<]+)`)

// detail finds the server's words in a body. Qovery sends them as detail today and sent them as message
// until 2024; what stands in between may send an OAuth description, an HTML page, or nothing.
func detail(body string) string {
	var object map[string]any
	_ = json.Unmarshal([]byte(body), &object) // most bodies are JSON
	for _, name := range []string{"detail", "message", "error_description", "error", "title"} {
		if text, _ := object[name].(string); strings.TrimSpace(text) != "" {
			return text
		}
	}
	if title := htmlTitle.FindStringSubmatch(body); title != nil {
		return html.UnescapeString(title[1])
	}
	if strings.HasPrefix(strings.TrimSpace(body), "<") {
		return "an HTML page"
	}
	return strings.TrimSpace(body)
}

// retryAfter is how long the server asked to wait: seconds, whole or not, or a date, which is read
// against the response's own. 0: it did not ask, or the time is past.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if strings.Trim(value, "0123456789.") == "" {
		seconds, _ := strconv.ParseFloat(value, 64)
		return time.Duration(min(seconds, 1e9) * float64(time.Second))
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(0, until.Sub(now))
}
