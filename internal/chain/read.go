package chain

import (
	"bytes"
	"io"
	"net/http"
)

// errorLimit is how much is read of an answer other than a success.
const errorLimit = 64 << 10

func readUpTo(resp *http.Response, limit int64) ([]byte, error) {
	var buf bytes.Buffer
	if n := resp.ContentLength; n > 0 {
		buf.Grow(int(min(n, 64<<10)) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(io.LimitReader(resp.Body, limit))
	return buf.Bytes(), err
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
