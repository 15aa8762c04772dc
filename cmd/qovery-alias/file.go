package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/urfave/cli/v3"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// readSpecs reads the aliases from the arguments and from --from, and reports the first 20 mistakes in them.
// No signal is caught yet: one ends the waiting for standard input.
func (c *call) readSpecs(_ context.Context, cmd *cli.Command) error {
	p := parser{first: map[string]string{}}
	for _, arg := range cmd.Args().Slice() {
		p.line(fmt.Sprintf("argument %q", arg), arg)
	}
	var data []byte
	var err error
	switch name := cmd.String("from"); name {
	case "":
	case "-":
		data, err = io.ReadAll(c.stdin)
		p.file("standard input", data)
	default:
		data, err = os.ReadFile(name)
		p.file(name, data)
	}
	if c.specs = p.specs; err == nil && p.specs == nil && p.mistakes == nil {
		err = errors.New("at least one ALIAS=SECRET_KEY is required")
	}
	return errors.Join(append(p.mistakes[:min(len(p.mistakes), 20)], err)...)
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

func isForeign(r rune) bool { return isBlank(r) || !unicode.IsGraphic(r) || r == '=' }

// line takes ALIAS=SECRET_KEY.
func (p *parser) line(where, line string) {
	alias, secretKey, _ := strings.Cut(line, "=")
	first, _, isSpaced := strings.Cut(line, " ")
	switch {
	case isSpaced && slices.Contains([]string{"export", "set", "-"}, first):
		p.mistake(where, fmt.Sprintf("leave out the %q in front", first))
	case strings.ContainsAny(line, "'\"`"):
		p.mistake(where, "leave out the quotes")
	case strings.Contains(secretKey, " #"), strings.Contains(secretKey, "\t#"):
		p.mistake(where, "put the comment on a line of its own")
	default:
		p.add(where, alias, secretKey, nil)
	}
}

func (p *parser) add(where, alias, secretKey string, description *string) {
	switch {
	case alias == "" || secretKey == "":
		p.mistake(where, "must have an alias and the key of its secret: ALIAS=SECRET_KEY")
	case strings.ContainsFunc(alias+secretKey, isForeign):
		p.mistake(where, "leave out the white space, invisible character or further = in a key")
	case p.first[alias] != "":
		p.mistake(where, fmt.Sprintf("the alias %q is asked for twice, first by %s", alias, p.first[alias]))
	default:
		p.first[alias] = where
		request := api.AliasRequest{Key: alias, Description: description}
		p.specs = append(p.specs, api.AliasSpec{SecretKey: secretKey, Request: request})
	}
}

// json takes an object of ALIAS: SECRET_KEY, or an array of objects.
func (p *parser) json(name string, data []byte) {
	dec := json.NewDecoder(bytes.NewReader(data))
	begin, _ := dec.Token()
	isValid := json.Valid(data)
	for isValid && dec.More() {
		var entry struct {
			Alias, Secret string
			Description   *string
		}
		value := any(&entry)
		if begin == json.Delim('{') {
			key, _ := dec.Token()
			entry.Alias, value = key.(string), &entry.Secret
		}
		isValid = dec.Decode(value) == nil
		where := fmt.Sprintf("%s:%d", name, 1+bytes.Count(data[:dec.InputOffset()], []byte("\n")))
		if isValid {
			p.add(where, entry.Alias, entry.Secret, entry.Description)
		}
	}
	if !isValid {
		p.mistake(name, "must be a JSON object of aliases and secret keys, or a list of objects: alias, secret")
	}
}
