package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"
)

// decodeAlias reads the response to the creation of an alias: an id, and where they are
// given the key and the target that were asked for.
func decodeAlias(b *body, p *aliasParams) (*Secret, error) {
	text, err := b.all()
	if err != nil {
		return nil, err
	}
	secret := new(Secret)
	if err := decode(text, secret); err != nil {
		return nil, err
	}
	switch {
	case secret.ID == uuid.Nil:
		return nil, broken(text, "id", "missing or not a UUID")
	case secret.Key != p.req.Key:
		return nil, broken(text, "key", "not the one asked for")
	case targetOf(secret) != p.secretID && tellsTarget(text):
		return nil, errors.New("aliased_secret.id: not the secret asked for")
	}
	return secret, nil
}

// tellsTarget reports whether a secret has the id of a target, readable or not.
func tellsTarget(text []byte) bool {
	var secret struct {
		Target struct{ ID any } `json:"aliased_secret"`
	}
	return json.Unmarshal(text, &secret) != nil || secret.Target.ID != nil
}

// decodeNothing reads the response to a deletion, of which the status says all.
func decodeNothing(*body, *aliasParams) (*Secret, error) { return nil, nil }

// decode decodes a JSON object. A malformed value costs its field, which stays as it
// was, and nothing else.
func decode(text []byte, v any) error {
	err := json.Unmarshal(text, v)
	if err == nil {
		return nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil || object == nil {
		return describeJSON(err)
	}
	decodeMembers(object, "", "", v)
	return nil
}

// decodeMembers decodes the members of an object one by one, those of an object in it
// too where it cannot be decoded as a whole. before and after make a document of it.
func decodeMembers(object map[string]json.RawMessage, before, after string, v any) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		quoted, _ := json.Marshal(name) // cannot fail for a string
		before, after := before+"{"+string(quoted)+":", "}"+after
		if json.Unmarshal([]byte(before+string(object[name])+after), v) == nil {
			continue
		}
		var inner map[string]json.RawMessage
		if len(after) == 1 && json.Unmarshal(object[name], &inner) == nil {
			decodeMembers(inner, before, after, v)
		} else if name != "aliased_secret" { // of which nil would say that there is none
			_ = json.Unmarshal([]byte(before+"null"+after), v)
		}
	}
}

// broken says what is wrong with a field of an object, and what it is if not of its type.
func broken(text []byte, field, what string) error {
	var kind *json.UnmarshalTypeError
	if errors.As(json.Unmarshal(text, new(Secret)), &kind) && kind.Field == field {
		what = "unexpected " + kind.Value
	}
	return fmt.Errorf("%s: %s", field, what)
}

// describeJSON says what is wrong with a text, without its own words.
func describeJSON(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("unexpected %s instead of an object", kind.Value)
	}
	if errors.As(err, new(*json.SyntaxError)) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("not a JSON value")
	}
	return err
}

// body reads the body of a response up to a limit, and no further than its context.
type body struct {
	ctx   context.Context
	resp  *http.Response
	limit int64
	keep  int64 // how much of the start text has
	size  int64 // read so far
	text  []byte
	err   error // why it did not come whole
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.size > b.limit {
		return 0, fmt.Errorf("response exceeds %d MiB", b.limit>>20)
	}
	n, err := b.resp.Body.Read(p[:min(int64(len(p)), b.limit+1-b.size)])
	b.size += int64(n)
	if room := b.keep - int64(len(b.text)); room > 0 {
		b.text = append(b.text, p[:min(int64(n), room)]...)
	}
	if err == nil {
		err = b.ctx.Err()
	}
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// all returns the whole body.
func (b *body) all() ([]byte, error) {
	b.keep = b.limit
	b.text = make([]byte, 0, min(max(b.resp.ContentLength, 512), 64<<10))
	_, err := io.Copy(io.Discard, b)
	return b.text, err
}
