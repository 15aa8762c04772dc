package api

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"
)

// The most that a list may have: entries, and bytes of a single one, or of what stands beside
// them.
const (
	maxEntries = 100_000
	maxEntry   = 1 << 20
)

// decodeList reads a list of secrets entry by entry, so that it ends at a limit before it
// has taken much memory.
func decodeList(b *body, _ *aliasParams) (secrets []Secret, err error) {
	// In large pieces: over HTTP/2, each read sends a message to the server.
	w := &window{src: bufio.NewReaderSize(b, 64<<10)}
	dec := json.NewDecoder(w)
	err = each(dec, '{', func() error {
		name, err := dec.Token()
		switch {
		case err != nil:
		case name != "results":
			err = dec.Decode(new(json.RawMessage))
		default:
			secrets = []Secret{}
			err = each(dec, '[', func() error { return decodeEntry(dec, w, &secrets) })
		}
		w.done = dec.InputOffset()
		return err
	})
	if err != nil {
		return nil, describeJSON(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("more than one JSON value")
	}
	if secrets == nil {
		return nil, errors.New("results: missing")
	}
	return secrets, nil
}

// each calls f for every element of an array or member of an object.
func each(dec *json.Decoder, begin json.Delim, f func() error) error {
	if token, err := dec.Token(); err != nil || token != begin {
		return cmp.Or(err, fmt.Errorf("no %s where the API promises one", begin))
	}
	for dec.More() {
		if err := f(); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// decodeEntry appends the next entry of a list.
func decodeEntry(dec *json.Decoder, w *window, secrets *[]Secret) error {
	i := len(*secrets)
	if i == maxEntries {
		return fmt.Errorf("results: more than %d entries", maxEntries)
	}
	*secrets = append(*secrets, Secret{})
	s := &(*secrets)[i]
	w.done = dec.InputOffset()
	err := dec.Decode(s)
	if err == nil && s.ID != uuid.Nil && s.Key != "" && s.Scope != "" {
		return nil
	}
	entry := bytes.TrimLeft(w.kept[w.done-w.from:dec.InputOffset()-w.from], ", \t\r\n")
	if !json.Valid(entry) {
		return err
	}
	if err := decode(entry, s); err != nil {
		return fmt.Errorf("results[%d]: %w", i, err)
	}
	var sent struct {
		ID         *uuid.UUID
		Key, Scope *string
	}
	if err := json.Unmarshal(entry, &sent); err != nil || sent.ID == nil || *sent.ID == uuid.Nil || sent.Key == nil || sent.Scope == nil {
		return fmt.Errorf("results[%d]: id, key or scope is missing or malformed", i)
	}
	return nil
}

// window keeps what a decoder has read since the latest entry began.
type window struct {
	src  io.Reader
	kept []byte
	from int64 // the offset of its first byte
	done int64 // the offset up to which nothing is needed any more
}

// Read fills p: a decoder scans white space from its start again after each Read.
func (w *window) Read(p []byte) (n int, err error) {
	w.kept = append(w.kept[:0], w.kept[w.done-w.from:]...)
	if w.from = w.done; len(w.kept) > maxEntry {
		return 0, fmt.Errorf("more than %d MiB for an entry, or beside the entries", maxEntry>>20)
	}
	for more := 0; n < len(p) && err == nil; n += more {
		more, err = w.src.Read(p[n:])
	}
	w.kept = append(w.kept, p[:n]...)
	return n, err
}
