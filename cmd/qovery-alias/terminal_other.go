//go:build !linux && !darwin

package main

import "os"

// terminalWidth returns 80 for a terminal, 0 for any other file.
func terminalWidth(f *os.File) int {
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return 0
	}
	return 80
}
