package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/google/uuid"
)

// The most that a list may have: entries, and bytes of one of them.
const (
	maxEntries = 100_000
	maxEntry   = 1 << 20
)

var (
	errNotList   = errors.New("not a JSON object with an array of results")
	errNotObject = errors.New("not a JSON object")
)

// decodeList decodes a list of secrets.
func decodeList(x *exchange) (secrets []Secret, err error) {
	if !utf8.Valid(x.body) { // package json would replace each invalid byte by three
		x.body = bytes.ToValidUTF8(x.body, []byte("?"))
	}
	dec := json.NewDecoder(bytes.NewReader(x.body))
	if !next(dec, json.Delim('{')) {
		return nil, errNotList
	}
	for dec.More() {
		if err = x.request.Context().Err(); err != nil {
			return nil, err
		}
		if next(dec, "results") {
			secrets, err = decodeEntries(x, dec)
		} else if dec.Decode(new(json.RawMessage)) != nil {
			err = errNotList
		}
		if err != nil {
			return nil, err
		}
	}
	if !next(dec, json.Delim('}')) || secrets == nil || dec.Decode(new(json.RawMessage)) != io.EOF {
		return nil, errNotList
	}
	return secrets, nil
}

// next reads a token and reports whether it is the wanted one.
func next(dec *json.Decoder, want json.Token) bool {
	token, err := dec.Token()
	return err == nil && token == want
}

// decodeEntries decodes the array of a list, which dec reads, entry by entry, so that a hostile one ends
// at a limit before it has taken much memory.
func decodeEntries(x *exchange, dec *json.Decoder) ([]Secret, error) {
	if !next(dec, json.Delim('[')) {
		return nil, errNotList
	}
	secrets := []Secret{}
	for i := 0; dec.More(); i++ {
		if err := x.request.Context().Err(); err != nil {
			return nil, err
		}
		if i == maxEntries {
			return nil, fmt.Errorf("results: more than %d entries", maxEntries)
		}
		start := dec.InputOffset()
		secrets = append(secrets, Secret{})
		s := &secrets[i]
		if err := dec.Decode(s); err != nil {
			entry := bytes.TrimLeft(x.body[start:dec.InputOffset()], ", \t\r\n")
			if *s, err = decodeSecret(entry); err != nil {
				return nil, fmt.Errorf("results[%d]: %w", i, err)
			}
		}
		if s.ID == uuid.Nil || s.Key == "" || s.Scope == "" {
			return nil, fmt.Errorf("results[%d]: id, key or scope is missing or malformed", i)
		}
	}
	if !next(dec, json.Delim(']')) {
		return nil, errNotList
	}
	return secrets, nil
}

// decodeSecret decodes a JSON object. A malformed value costs its field, which stays zero, and nothing
// else.
func decodeSecret(text []byte) (s Secret, err error) {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) && json.Unmarshal(text, &s) == nil {
		return s, nil
	}
	var fields map[string]json.RawMessage
	if len(text) > maxEntry || json.Unmarshal(text, &fields) != nil || fields == nil {
		return s, errNotObject
	}
	s = Secret{}
	for name, value := range fields {
		one := s
		object, _ := json.Marshal(map[string]json.RawMessage{name: value})   // of valid values
		if json.Unmarshal(object, &one) == nil || name == "aliased_secret" { // nil would mean no target
			s = one
		}
	}
	return s, nil
}
