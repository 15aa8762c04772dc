package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

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
func decodeList(ctx context.Context, body []byte) (secrets []Secret, err error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	if !next(dec, json.Delim('{')) {
		return nil, errNotList
	}
	for dec.More() {
		if next(dec, "results") {
			secrets, err = decodeEntries(ctx, dec, body)
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

// decodeEntries decodes the array of a list, which dec reads from body, entry by entry, so that
// a hostile one ends at a limit before it has taken much memory.
func decodeEntries(ctx context.Context, dec *json.Decoder, body []byte) ([]Secret, error) {
	if !next(dec, json.Delim('[')) {
		return nil, errNotList
	}
	secrets := []Secret{}
	for i := 0; dec.More(); i++ {
		if ctx.Err() != nil {
			return nil, contextError(ctx)
		}
		if i == maxEntries {
			return nil, fmt.Errorf("results: more than %d entries", maxEntries)
		}
		start := dec.InputOffset()
		secrets = append(secrets, Secret{})
		s := &secrets[i]
		if err := dec.Decode(s); err != nil {
			entry := bytes.TrimLeft(body[start:dec.InputOffset()], ", \t\r\n")
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

// decodeSecret decodes a JSON object. A malformed value costs its field, which stays zero, and
// nothing else.
func decodeSecret(text []byte) (s Secret, err error) {
	if text = bytes.TrimSpace(text); !bytes.HasPrefix(text, []byte("{")) || len(text) > maxEntry {
		return s, errNotObject
	}
	if json.Unmarshal(text, &s) == nil {
		return s, nil
	}
	if !json.Valid(text) {
		return Secret{}, errNotObject
	}
	s = Secret{}
	fits := func(value json.RawMessage) bool { return json.Unmarshal(value, new(Secret)) == nil }
	return s, json.Unmarshal(repair(text, 2, fits), &s)
}

// repair returns value with the members that do not fit replaced, down to a depth of objects in
// it, by an empty object or, where that does not fit either, by null.
func repair(value json.RawMessage, depth int, fits func(json.RawMessage) bool) json.RawMessage {
	if fits(value) {
		return value
	}
	var object map[string]json.RawMessage
	if depth > 0 && json.Unmarshal(value, &object) == nil {
		for name, member := range object {
			object[name] = repair(member, depth-1, func(m json.RawMessage) bool {
				return fits(marshal(map[string]json.RawMessage{name: m}))
			})
		}
	}
	for _, replacement := range []json.RawMessage{marshal(object), json.RawMessage("{}")} {
		if fits(replacement) {
			return replacement
		}
	}
	return json.RawMessage("null")
}

// marshal encodes an object of values that are valid.
func marshal(object map[string]json.RawMessage) json.RawMessage {
	text, _ := json.Marshal(object)
	return text
}
