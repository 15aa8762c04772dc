package chain

import (
	"bytes"
	"io"
	"net/http"
	"slices"
)

// errorLimit is how much is read of an answer other than a success.
const errorLimit = 64 << 10

// How much of an announced length is believed before anything has come, and once so
// much has.
const (
	believedFirst = 64 << 10
	believedLater = 8 << 20
)

// readUpTo reads a body to its end, or as much of it as the limit allows. The length
// that the server announces spares growing step by step; one byte more is where the end
// shows.
func readUpTo(resp *http.Response, limit int64) ([]byte, error) {
	announced := min(resp.ContentLength+1, limit)
	body := make([]byte, 0, max(512, min(announced, believedFirst)))
	for {
		n, err := resp.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		size := int64(len(body))
		switch {
		case size >= limit:
			return body[:limit], nil
		case err == io.EOF:
			return body, nil
		case err != nil:
			return body, err
		case size == int64(cap(body)):
			next := 2 * size
			if announced > size {
				next = min(announced, max(next, believedLater))
			}
			body = slices.Grow(body, int(min(next, limit)-size))
		}
	}
}

// minElement is the fewest bytes that an element of a list takes on average. Without
// such a bound, what is short on the wire, such as null, would be long in memory.
const minElement = 32

// elements returns how many commas stand on the second level of a JSON text, which
// is where those between the elements of a list are.
func elements(text []byte) (n int) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i += stringEnd(text[i+1:])
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 2 {
				n++
			}
		}
	}
	return n
}

// stringEnd returns the length of a JSON string behind its opening quote, the closing
// one included.
func stringEnd(text []byte) int {
	for end := 0; ; {
		n := bytes.IndexByte(text[end:], '"')
		if n < 0 {
			return len(text)
		}
		end += n
		start := end
		for start > 0 && text[start-1] == '\\' {
			start--
		}
		end++
		if (end-start)%2 == 1 { // an even number of backslashes escapes no quote
			return end
		}
	}
}
