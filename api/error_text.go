package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
)

// How much of a response an Error repeats.
const (
	maxLine      = 2048     // characters of Error in front of the status
	maxDetail    = 512      // characters
	maxRequestID = 128      // characters
	maxBody      = 4 << 10  // bytes
	maxError     = 64 << 10 // bytes that are read of a response other than a success
)

// Error is one line: the operation, what went wrong, the server's words, and at the
// end the status and the request id.
func (e *Error) Error() string {
	what, words := e.Err, e.Detail
	if what == nil {
		what = e.sentinel()
		words = cmp.Or(words, http.StatusText(e.StatusCode))
	}
	line := e.Operation
	for _, part := range []any{what, words} {
		if part != nil && part != "" {
			line = strings.TrimPrefix(fmt.Sprintf("%s: %s", line, part), ": ")
		}
	}
	line = safetext.Line(line, maxLine)
	if e.StatusCode != 0 {
		line += fmt.Sprintf(" (status %d", e.StatusCode)
		if e.RequestID != "" {
			line += ", request id " + safetext.Line(e.RequestID, maxRequestID)
		}
		line += ")"
	}
	return line
}

// describe fills in what the response says, without the tokens of its call.
func (e *Error) describe(resp *http.Response, body []byte, tokens []string) {
	e.StatusCode = resp.StatusCode
	e.RetryAfter = retryAfter(resp.Header)
	e.RequestID = requestID(resp.Header, tokens)
	if encoding := compression(resp.Header, body); encoding != "" {
		e.Detail = fmt.Sprintf("a compressed body (%s), which nothing has decompressed", encoding)
		return
	}
	text := safetext.Withhold(string(body), tokens...)
	e.Body = []byte(text[:min(len(text), maxBody)])
	words := cmp.Or(detail(text), strings.Join(resp.Header.Values("Www-Authenticate"), "; "))
	// Cloned, for else it keeps all of the body.
	e.Detail = strings.Clone(safetext.Line(safetext.Withhold(safetext.Line(words, len(words)), tokens...), maxDetail))
}

// requestID is the id by which the server knows the request. It is masked only where
// it contains a whole token.
func requestID(header http.Header, tokens []string) string {
	id := cmp.Or(header.Get("X-Request-Id"), header.Get("X-Correlation-Id"))
	for _, token := range tokens {
		if token != "" && strings.Contains(strings.ToLower(id), strings.ToLower(token)) {
			id = safetext.Withhold(id, token)
		}
	}
	return safetext.Line(id, maxRequestID)
}

// compression names the compression of a body that nothing has undone.
func compression(header http.Header, body []byte) string {
	encoding := safetext.Line(header.Get("Content-Encoding"), 32)
	if bytes.HasPrefix(body, []byte("\x1f\x8b")) {
		return "gzip"
	}
	if len(body) == 0 || strings.EqualFold(encoding, "identity") {
		return ""
	}
	return encoding
}

// detail finds the server's words in a body. Qovery sends them as detail today and
// sent them as message until 2024; what stands in between may send error or title, an
// OAuth description, a list of errors, an HTML page, a part of any of these, or nothing.
func detail(body string) string {
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(body), &object) == nil {
		for _, name := range []string{"detail", "message", "error_description", "error", "title", "errors"} {
			var text string
			if json.Unmarshal(object[name], &text) != nil && name == "errors" {
				text = string(object[name])
			}
			if strings.TrimSpace(text) != "" && text != "null" {
				return text
			}
		}
	}
	if !strings.HasPrefix(strings.TrimSpace(body), "<") {
		return body
	}
	if title := htmlTitle.FindStringSubmatch(body); title != nil {
		return html.UnescapeString(title[1])
	}
	return "an HTML page"
}

var htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>([^<]+)`)

// retryAfter is how long the server asked to wait: seconds, whole or not, or a date,
// which is read against the response's own. 0: it did not ask, or the time is past.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if strings.Trim(value, "0123456789.") == "" {
		seconds, _ := strconv.ParseFloat(value, 64) // too many are infinitely many
		if wait := math.Ceil(seconds * float64(time.Second)); wait < math.MaxInt64 {
			return time.Duration(wait)
		}
		return math.MaxInt64
	}
	until, ok := parseDate(value)
	if !ok {
		return 0
	}
	now, ok := parseDate(header.Get("Date"))
	if !ok {
		now = time.Now()
	}
	return max(0, until.Sub(now))
}

// parseDate reads an HTTP date, also one whose zone is written as UTC or a number.
func parseDate(value string) (time.Time, bool) {
	t, err := http.ParseTime(strings.Replace(value, "UTC", "GMT", 1))
	if err != nil {
		t, err = time.Parse(time.RFC1123Z, value)
	}
	return t, err == nil
}
