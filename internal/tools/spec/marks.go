package main

// Descriptions that are left for a person.

import (
	"fmt"
	"strings"
)

// marks returns a line for each description in text that carries the mark.
func marks(file string, text []byte) []string {
	var found []string
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		if strings.Contains(line, mark) && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			found = append(found, fmt.Sprintf("%s:%d: to be written by a person: %s", file, number, strings.TrimSpace(line)))
		}
	}
	return found
}
