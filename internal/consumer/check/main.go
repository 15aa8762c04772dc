// Command check imports, vendors and copies the module in the way of a user, in a
// scratch folder, and bounds what that costs. It runs in its own folder:
//
//	go -C internal/consumer/check run .
//
// What is published there is the working tree: the files that git tracks, and those
// that it does not ignore. It prints a line for every check and every figure, and
// exits with 1 at the first that fails.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// root is the module to check, from the folder of this command.
const root = "../../.."

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "consumer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	temp, err := os.MkdirTemp("", "consumer-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	s, err := newScratch(ctx, temp)
	if err != nil {
		return err
	}
	if err := s.warmUp(ctx); err != nil {
		return err
	}
	if err := s.publish(); err != nil {
		return err
	}
	for _, check := range []func(context.Context, io.Writer) error{
		s.checkImport, s.checkVendor, s.checkOlderGo, s.checkVersions, s.checkCost, s.checkCopy,
	} {
		if err := check(ctx, out); err != nil {
			return err
		}
	}
	return nil
}
