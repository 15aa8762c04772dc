package main

// The line in the changelog that an update writes.

import (
	"errors"
	"fmt"
	"strings"
)

// words of an edit for the changelog, and the section they belong to.
func (e *addValue) words(at string) (section, text string) {
	return "Added", fmt.Sprintf("`%s` has the value `%v`", at, e.value)
}

func (e *addProperty) words(at string) (section, text string) {
	return "Added", fmt.Sprintf("`%s` is a new property", at)
}

func (e *addResponse) words(at string) (section, text string) {
	return "Added", fmt.Sprintf("`%s` documents status %s", at, e.status)
}

func (e *setNullable) words(at string) (section, text string) {
	if e.to {
		return "Changed", fmt.Sprintf("`%s` may be null", at)
	}
	return "Changed", fmt.Sprintf("`%s` is never null", at)
}

func (e *setKeyword) words(at string) (section, text string) {
	if e.to == nil {
		return "Changed", fmt.Sprintf("`%s` has no `%s` any more", at, e.name)
	}
	return "Changed", fmt.Sprintf("`%s` has `%s` %v", at, e.name, e.to)
}

// news are the sentences of an update, by section.
type news map[string][]string

// add notes what an edit, which followed the difference of that text, has changed.
func (n news) add(text string, e edit) {
	at, _, _ := strings.Cut(text, ": upstream ")
	at, _, _ = strings.Cut(at, " ") // the schema and property, or the operation
	section, words := e.words(at)
	n[section] = append(n[section], words)
}

// unreleased is the heading that a release gives its version.
const unreleased = "## [Unreleased]\n"

// write returns the changelog with a line for each section, under Unreleased, which stands
// above the releases.
func (n news) write(changelog string) (string, error) {
	if !strings.Contains(changelog, unreleased) {
		before, releases, found := strings.Cut(changelog, "\n## ")
		if !found {
			return "", errors.New("the changelog has no section: add `## [Unreleased]`")
		}
		changelog = before + "\n" + unreleased + "\n## " + releases
	}
	for _, section := range []string{"Removed", "Changed", "Added"} {
		if len(n[section]) == 0 {
			continue
		}
		start := strings.Index(changelog, unreleased) + len(unreleased)
		end := len(changelog)
		for _, next := range []string{"\n## ", "\n["} {
			if i := strings.Index(changelog[start:], next); i >= 0 {
				end = min(end, start+i+1)
			}
		}
		body := strings.Trim(changelog[start:end], "\n")
		entry := wrap("- Qovery's spec: " + strings.Join(n[section], "; ") + ".")
		heading := "### " + section
		parts := strings.SplitAfter("\n"+body, "\n"+heading+"\n")
		if len(parts) == 2 {
			of, rest, more := strings.Cut(parts[1], "\n### ")
			body = parts[0] + "\n" + strings.TrimSpace(of) + "\n" + entry + "\n"
			if more {
				body += "\n### " + rest
			}
		} else if section == "Added" {
			body = heading + "\n\n" + entry + "\n\n" + body
		} else {
			body += "\n\n" + heading + "\n\n" + entry
		}
		changelog = changelog[:start] + "\n" + strings.Trim(body, "\n") + "\n\n" + changelog[end:]
	}
	return strings.TrimRight(changelog, "\n") + "\n", nil
}

// wrap breaks text into lines, those behind the first indented.
func wrap(text string) string {
	var out strings.Builder
	width := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case width == 0:
		case width+1+len(word) > 88:
			out.WriteString("\n  ")
			width = 2
		default:
			out.WriteByte(' ')
			width++
		}
		out.WriteString(word)
		width += len(word)
	}
	return out.String()
}
