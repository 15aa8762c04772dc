package chain

import (
	"io"
	"net/http"
	"slices"
)

// errorLimit is how much is read of an answer other than a success.
const errorLimit = 64 << 10

// readUpTo reads a body to its end, or as much of it as the limit allows. What the
// server announces is believed up to a bound, so that a usual answer takes one
// allocation of its size; the byte more is where the end shows.
func readUpTo(resp *http.Response, limit int64) ([]byte, error) {
	body := make([]byte, 0, 1+max(511, min(resp.ContentLength, 64<<10)))
	for {
		n, err := resp.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) >= limit:
			return body[:limit], nil
		case err == io.EOF:
			return body, nil
		case err != nil:
			return body, err
		case len(body) == cap(body):
			body = slices.Grow(body, len(body))
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
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
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
