package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/qovery-alias/qovery-alias-go/api"
)

const (
	maxInput    = 1 << 20 // bytes of a file of aliases
	maxMistakes = 20      // that are told at once
)

// specs reads the aliases from the arguments and from a file, and reports the mistakes in them.
func (c *call) specs(ctx context.Context, args []string, from string) ([]api.AliasSpec, error) {
	p := parser{first: map[string]string{}}
	for _, arg := range args {
		p.line(fmt.Sprintf("argument %q", arg), arg)
	}
	if from != "" {
		name, data, err := c.readInput(ctx, from)
		if err != nil {
			return nil, err
		}
		p.file(name, data)
	}
	if n := len(p.mistakes) - maxMistakes; n > 0 {
		p.mistakes = append(p.mistakes[:maxMistakes], fmt.Errorf("and %d more", n))
	}
	if p.mistakes != nil {
		return nil, hinted{errors.Join(p.mistakes...), "usage"}
	}
	if p.specs == nil {
		return nil, wrong("at least one ALIAS=SECRET_KEY is required")
	}
	return p.specs, nil
}

// readInput reads a file or standard input, and stops waiting when ctx is over.
func (c *call) readInput(ctx context.Context, from string) (name string, data []byte, err error) {
	name, source := "standard input", c.stdin
	if from != "-" {
		file, err := os.Open(from)
		if err != nil {
			return "", nil, wrong("--from: %w", err)
		}
		defer file.Close()
		name, source = from, file
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		data, err = io.ReadAll(io.LimitReader(source, maxInput+1))
	}()
	select {
	case <-ctx.Done():
		return "", nil, fmt.Errorf("nothing was sent: %w", context.Cause(ctx))
	case <-read:
	}
	if err != nil || len(data) > maxInput {
		return "", nil, wrong("--from: %s: %w", name, cmp.Or(err, errors.New("more than 1 MiB")))
	}
	return name, data, nil
}

// parser collects aliases and the mistakes in them. A mistake does not repeat the text: a file may be the
// wrong one, and contain secrets.
type parser struct {
	specs    []api.AliasSpec
	mistakes []error
	first    map[string]string // where the key of an alias is first
}

func (p *parser) mistake(where, text string) {
	p.mistakes = append(p.mistakes, fmt.Errorf("%s: %s", where, text))
}

func (p *parser) file(name string, data []byte) {
	text := strings.TrimFunc(string(data), isBlank)
	switch {
	case bytes.IndexByte(data, 0) >= 0:
		p.mistake(name, "is UTF-16; save it as UTF-8")
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		p.json(name, bytes.TrimPrefix(data, []byte("\ufeff")))
	default:
		for n, line := range strings.Split(string(data), "\n") {
			if line = strings.TrimFunc(line, isBlank); line != "" && line[0] != '#' {
				p.line(fmt.Sprintf("%s:%d", name, n+1), line)
			}
		}
	}
}

// isBlank says what may be around a line: a byte order mark too.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' }

// line takes ALIAS=SECRET_KEY.
func (p *parser) line(where, line string) {
	alias, secretKey, ok := strings.Cut(line, "=")
	first, _, spaced := strings.Cut(line, " ")
	isQuoted := func(s string) bool { return strings.Trim(s, "'\"`") != s }
	switch {
	case spaced && (first == "export" || first == "set" || first == "-"):
		p.mistake(where, fmt.Sprintf("leave out the %q in front", first))
	case !ok:
		p.mistake(where, "must have the form ALIAS=SECRET_KEY")
	case isQuoted(alias), isQuoted(secretKey):
		p.mistake(where, "leave out the quotes")
	case strings.Contains(secretKey, "#") && strings.ContainsAny(secretKey, " \t"):
		p.mistake(where, "put the comment on a line of its own")
	default:
		p.add(where, alias, secretKey, nil)
	}
}

func (p *parser) add(where, alias, secretKey string, description *string) {
	mistake := checkKey(alias + secretKey)
	switch {
	case alias == "" || secretKey == "":
		p.mistake(where, "an alias needs the key of its secret: ALIAS=SECRET_KEY")
	case mistake != "":
		p.mistake(where, mistake)
	case p.first[alias] != "":
		p.mistake(where, fmt.Sprintf("the alias %q is asked for twice, first by %s", alias, p.first[alias]))
	default:
		p.first[alias] = where
		request := api.AliasRequest{Key: alias, Description: description}
		p.specs = append(p.specs, api.AliasSpec{SecretKey: secretKey, Request: request})
	}
}

// checkKey says what is wrong with a key, and what to do.
func checkKey(key string) string {
	if !utf8.ValidString(key) {
		return "is not valid UTF-8; save it as UTF-8"
	}
	for _, r := range key {
		switch {
		case unicode.IsSpace(r):
			return "leave out the white space in or around a key"
		case r == '=':
			return "leave out all equals signs but one: a key has none"
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return fmt.Sprintf("leave out the invisible character %U", r)
		}
	}
	return ""
}

// json takes an object of ALIAS: SECRET_KEY, or an array of objects.
func (p *parser) json(name string, data []byte) {
	var pairs map[string]string
	var list []struct {
		Alias, Secret string
		Description   *string
	}
	if json.Unmarshal(data, &pairs) != nil && json.Unmarshal(data, &list) != nil {
		p.mistake(name, "must be an object of aliases and secret keys, or a list of objects with alias and secret")
		return
	}
	dec := json.NewDecoder(bytes.NewReader(data)) // which sees a key that stands twice
	_, _ = dec.Token()
	for pairs != nil && dec.More() {
		alias, _ := dec.Token()
		_, _ = dec.Token()
		where := fmt.Sprintf("%s:%d", name, 1+bytes.Count(data[:dec.InputOffset()], []byte("\n")))
		p.add(where, alias.(string), pairs[alias.(string)], nil)
	}
	for i, entry := range list {
		p.add(fmt.Sprintf("%s: entry %d", name, i+1), entry.Alias, entry.Secret, entry.Description)
	}
}
