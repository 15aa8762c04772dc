//go:build !linux && !darwin

package main

import "os"

// terminalWidth knows no terminals here: nothing is fitted, coloured or erased.
func terminalWidth(*os.File) int { return 0 }
